// The bead-to-atoms VAE under motions, mirrors and reorderings, in batches and on several threads.
#include <gtest/gtest.h>

#include <cstring>

#include "autodiff/bead_atoms.hpp"
#include "kernels/neighbors.hpp"
#include "models/cgvae/cgvae.hpp"
#include "tests/support/equivariance.hpp"

namespace regrain::test {
namespace {

using kernels::FilterForm;
using models::AtomBatch;
using models::BeadBatch;
using models::BeadSystem;
using models::Cgvae;
using models::CgvaeConfig;
using models::CgvaeWeights;
using models::Conformance;

constexpr CgvaeWeights kWeights{0.05, 2};

CgvaeConfig small_config(Conformance conformance) {
  CgvaeConfig c;
  c.channels = 11;  // no multiple of a vector's length
  c.n_rbf = 5;
  c.encoder_layers = 3;
  c.decoder_layers = 4;
  c.atom_cutoff = 9;
  c.bead_cutoff = 14;
  c.conformance = conformance;
  c.dead_branches = c.reference();
  if (!c.reference()) c.atom_neighbors = c.bead_neighbors = 3;
  return c;
}

// Atoms dealt out to beads at random, every bead with at least two.
BeadSystem random_system(int n_atoms, int n_beads, std::uint64_t seed) {
  BeadSystem s;
  s.n_beads = n_beads;
  const Tensor<int> bead = random_index(n_atoms, n_beads, seed), number = random_index(n_atoms, 3, seed + 1);
  for (int i = 0; i < n_atoms; ++i) {
    s.bead_of_atom.push_back(i < 2 * n_beads ? i % n_beads : bead[i]);
    s.atomic_number.push_back(6 + number[i]);
    if (i > 0) s.bonds.emplace_back(i - 1, i);
  }
  s.check();
  return s;
}

// Means of the beads of every frame.
Tensor<double> bead_means(const BeadSystem& s, const Tensor<double>& x_A3) {
  const int n_frames = x_A3.dim(0) / s.n_atoms();
  Tensor<double> sum({n_frames * s.n_beads, 3});
  std::vector<int> size(static_cast<std::size_t>(s.n_beads));
  for (int b : s.bead_of_atom) ++size[b];
  for (int f = 0; f < n_frames; ++f)
    for (int i = 0; i < s.n_atoms(); ++i)
      for (int a = 0; a < 3; ++a)
        sum[3 * (f * s.n_beads + s.bead_of_atom[i]) + a] +=
            x_A3[3 * (f * s.n_atoms() + i) + a] / size[s.bead_of_atom[i]];
  return sum;
}

template <class T>
std::vector<T> as_vector(const Tensor<double>& x) {
  std::vector<T> out;
  for (double v : x) out.push_back(static_cast<T>(v));
  return out;
}

template <class T>
Tensor<T> as(const Tensor<double>& x) {
  return {x.shape(), as_vector<T>(x)};
}

template <class T>
struct Batch {
  BeadBatch<T> beads;
  AtomBatch<T> atoms;
};

template <class T>
Batch<T> make_batch(Context& context, const CgvaeConfig& config, const BeadSystem& system,
                    const Tensor<double>& x_A3) {
  Batch<T> b;
  const int n_frames = x_A3.dim(0) / system.n_atoms();
  b.beads =
      models::make_bead_batch<T>(context, config, system, n_frames, as_vector<T>(bead_means(system, x_A3)));
  b.atoms = models::make_atom_batch<T>(context, config, system, b.beads, as_vector<T>(x_A3));
  return b;
}

// initial weights, and biases that aren't zero
template <class T>
void set_weights(ParameterSet<T>& set, std::uint64_t seed) {
  const Tensor<double> noise = random({set.values().dim(0)}, seed, 0.05);
  for (Parameter<T>& p : set.all())
    for (std::size_t i = 0; i < p.shape.size(); ++i)
      p.value[i] += static_cast<T>(noise[static_cast<std::size_t>(p.value - set.values().data()) + i]);
}

// Initial weights leave atoms within 0.1 A of their bead, where products of vectors drown; larger
// filters in the decoder bring all its streams to life.
template <class T>
std::unique_ptr<Cgvae<T>> make_model(const CgvaeConfig& config, int n_beads, std::uint64_t seed,
                                     T decoder_gain = T(8)) {
  auto model = std::make_unique<Cgvae<T>>(config, n_beads);
  model->initialize(seed);
  set_weights(model->parameters(), seed + 100);
  for (Parameter<T>& p : model->parameters().all())
    if (p.name.starts_with("equivaraintconv.message") && p.name.find("dist_embed") != std::string::npos)
      for (std::size_t i = 0; i < p.shape.size(); ++i) p.value[i] *= decoder_gain;
  return model;
}

Tensor<double> copy(Var<double> v) {
  Tensor<double> x(v.shape());
  std::copy_n(v.value().data(), x.size(), x.data());
  return x;
}

// ------------------------------------------------------------------------------------------ layers

struct LayerCase {
  Conformance conformance;
  FilterForm form;
  std::uint64_t seed;
};

class CgvaeLayerEquivariance : public testing::TestWithParam<LayerCase> {
 protected:
  static constexpr int kNodes = 9;
  CgvaeConfig config = small_config(GetParam().conformance);
  std::uint64_t seed = GetParam().seed;
  Context context{1};
  ParameterSet<double> set;
  const Tensor<double> x_N3 = random({kNodes, 3}, seed, 4);
  const int f = config.channels;

  void finish() {
    set.allocate();
    for (Parameter<double>& p : set.all())
      if (p.shape.rank() == 2) models::xavier_uniform(p, seed);
    set_weights(set, seed);
  }
  FilterGraph<double> graph(const Tensor<double>& x) {
    FilterGraph<double> g;
    {
      const Cpu be = context.host();
      const auto pairs = kernels::neighbor_pairs<double>(be, x.ref(), config.atom_cutoff);
      kernels::Graph edges = kernels::make_graph(x.dim(0), x.dim(0), kernels::both_directions(pairs));
      g = kernels::make_filter_graph<double>(be, std::move(edges), x.ref(), x.ref(), config.atom_cutoff,
                                             config.n_rbf, {0, x.dim(0)}, kernels::kPseudoGates, GetParam().form);
    }
    return g;
  }
  Feature scalars(const char* name, int n = kNodes) {
    return {name, Kind::scalar, random({n, f}, seed + 11)};
  }
  Feature pseudoscalars(const char* name) {
    return {name, Kind::pseudoscalar, random({kNodes, f}, seed + 12)};
  }
  Feature vectors(const char* name, int n = kNodes) {
    return {name, Kind::vector, random({n, 3, f}, seed + 13)};
  }
  Feature pseudovectors(const char* name) {
    return {name, Kind::pseudovector, random({kNodes, 3, f}, seed + 14)};
  }

  // `layer(tape, graph, inputs)` in rotation, mirror and reordering
  template <class Layer>
  void check(Layer layer, const std::vector<Feature>& inputs) {
    const auto map = [&](const Tensor<double>& x, const std::vector<Feature>& in) {
      const FilterGraph<double> g = graph(x);
      Tape<double> tape(context, TapeMode::infer);
      std::vector<Var<double>> vars;
      for (const Feature& i : in) vars.push_back(tape.constant(i.value.ref()));
      return layer(tape, g, vars);
    };
    expect_equivariant(map, x_N3, inputs);
    expect_permutes(map, x_N3, inputs);
  }
};

TEST_P(CgvaeLayerEquivariance, EquivariantMessage) {
  config.dead_branches = true;
  const models::EquivariantMessage<double> layer(set, "layer", config);
  finish();
  check(
      [&](auto& t, const auto& g, const auto& in) {
        const auto d = layer.both(t, g, in[0], in[1]);
        return std::vector<Feature>{{"ds", Kind::scalar, copy(d.s)}, {"dv", Kind::vector, copy(d.v)}};
      },
      {scalars("s"), vectors("v")});
}

TEST_P(CgvaeLayerEquivariance, ScalarMessage) {
  config.dead_branches = false;
  const models::EquivariantMessage<double> layer(set, "layer", config);
  finish();
  check(
      [&](auto& t, const auto& g, const auto& in) {
        return std::vector<Feature>{
            {"ds", Kind::scalar, copy(layer.scalars(t, g, in[0], config.atom_neighbors))}};
      },
      {scalars("s")});
}

// published: plain sum of pseudoscalars; corrected: weighted by the envelope
TEST_P(CgvaeLayerEquivariance, PseudoMessage) {
  const models::PseudoMessage<double> layer(set, "layer", config);
  finish();
  check(
      [&](auto& t, const auto& g, const auto& in) {
        const auto d = layer(t, g, {in[0], in[1], in[2], in[3]}, config, {});
        return std::vector<Feature>{{"ds", Kind::scalar, copy(d.s)},
                                    {"ds_bar", Kind::pseudoscalar, copy(d.s_bar)},
                                    {"dv", Kind::vector, copy(d.v)},
                                    {"dv_bar", Kind::pseudovector, copy(d.v_bar)}};
      },
      {scalars("s"), pseudoscalars("s_bar"), vectors("v"), pseudovectors("v_bar")});
}

TEST_P(CgvaeLayerEquivariance, Update) {
  const models::VectorUpdate<double> layer(set, "layer", config);
  finish();
  check(
      [&](auto& t, const auto&, const auto& in) {
        const auto d = layer(t, in[0], in[1]);
        return std::vector<Feature>{{"ds", Kind::scalar, copy(d.s)},
                                    {"dv", Kind::vector, copy(d.v)},
                                    {"norm", Kind::scalar, copy(vector_norm(t, in[1]))}};
      },
      {scalars("s"), vectors("v")});
}

// atoms to beads
TEST_P(CgvaeLayerEquivariance, Pooling) {
  config.dead_branches = true;
  const models::EquivariantMessage<double> layer(set, "layer", config);
  finish();
  const BeadSystem system = random_system(14, 4, seed);
  const auto map = [&](const Tensor<double>& x, const std::vector<Feature>& in) {
    const Batch<double> b = make_batch<double>(context, config, system, x);
    Tape<double> tape(context, TapeMode::infer);
    const auto d = layer.both(tape, b.atoms.pooling_graph, tape.constant(in[0].value.ref()),
                              tape.constant(in[1].value.ref()));
    return std::vector<Feature>{{"dH", Kind::scalar, copy(d.s)}, {"dV", Kind::vector, copy(d.v)}};
  };
  expect_equivariant(map, random({14, 3}, seed, 5), {scalars("s", 14), vectors("v", 14)});
}

TEST_P(CgvaeLayerEquivariance, PlaceBeadAtoms) {
  const kernels::Graph beads = kernels::pooling_graph(kNodes, {0, 1, 0, 0, 4, 5, 8, 8, 3, 2, 6, 7});
  const Tensor<int> channel = Tensor<int>::from({0, 0, 1, 2, 0, 0, 0, 1, 0, 0, 0, 0});
  for (bool recenter : {false, true})
    expect_equivariant(
        [&](const Tensor<double>& x, const std::vector<Feature>& in) {
          Tape<double> tape(context, TapeMode::infer);
          return std::vector<Feature>{
              {"xyz", Kind::point,
               copy(place_bead_atoms<double>(tape, tape.constant(in[0].value.ref()), beads,
                                             View<const int, 1>(channel), x.ref(), recenter))}};
        },
        x_N3, {vectors("v")});
}

std::vector<LayerCase> layer_cases() {
  std::vector<LayerCase> cases;
  for (auto conformance : {Conformance::reference, Conformance::corrected})
    for (auto form : {FilterForm::sparse, FilterForm::dense})
      for (std::uint64_t seed : {1, 2, 3}) cases.push_back({conformance, form, seed});
  return cases;
}
std::string layer_case_name(const testing::TestParamInfo<LayerCase>& c) {
  return std::string(c.param.conformance == Conformance::reference ? "reference" : "corrected") +
         (c.param.form == FilterForm::dense ? "_dense_" : "_sparse_") + std::to_string(c.param.seed);
}
INSTANTIATE_TEST_SUITE_P(All, CgvaeLayerEquivariance, testing::ValuesIn(layer_cases()), layer_case_name);

// ------------------------------------------------------------------------------------- whole model

// Atoms relative to their beads.
Tensor<double> from_beads(const BeadBatch<double>& beads, Var<double> xyz_A3) {
  Tensor<double> r = copy(xyz_A3);
  const kernels::Graph& g = beads.beads;
  for (int e = 0; e < g.n_edges(); ++e)
    for (int a = 0; a < 3; ++a) r[3 * g.src[e] + a] -= beads.x_B3[3 * g.dst[e] + a];
  return r;
}

// Everything the model gives for one batch; z and noise are inputs a bead.
std::vector<Feature> outputs(Context& context, const Cgvae<double>& model, const Batch<double>& b,
                             const Tensor<double>& z_BF, const Tensor<double>& eps_BF, bool recenter = true) {
  std::vector<Feature> out;
  {
    Tape<double> tape(context, TapeMode::infer);
    const Var<double> h = model.encode(tape, b.beads, b.atoms);
    const auto q = model.posterior(tape, h), p = model.prior(tape, b.beads);
    out = {{"h", Kind::scalar, copy(h)},
           {"posterior mu", Kind::scalar, copy(q.mu)},
           {"posterior logvar", Kind::scalar, copy(q.logvar)},
           {"prior mu", Kind::scalar, copy(p.mu)},
           {"prior logvar", Kind::scalar, copy(p.logvar)}};
  }
  {
    Tape<double> tape(context, TapeMode::infer);
    models::Probe<double> probe;
    const auto xyz = model.decode(tape, b.beads, tape.constant(z_BF.ref()), recenter, &probe);
    const std::string last = "decoder.message." + std::to_string(model.config().decoder_layers - 1) + ".in.";
    out.push_back({"decoded", Kind::vector, from_beads(b.beads, xyz)});
    out.push_back({"v", Kind::vector, copy(probe.seen().at(last + "v_j"))});
    out.push_back({"v_bar", Kind::pseudovector, copy(probe.seen().at(last + "vbar_j"))});
    out.push_back({"s_bar", Kind::pseudoscalar, copy(probe.seen().at(last + "sbar_j"))});
    out.push_back(
        {"sample", Kind::vector, from_beads(b.beads, model.sample(tape, b.beads, eps_BF.ref(), recenter))});
  }
  Tape<double> tape(context, TapeMode::infer);
  const auto loss = model.loss(tape, b.beads, b.atoms, eps_BF.ref(), kWeights, recenter);
  out.push_back({"reconstruction", Kind::vector, from_beads(b.beads, loss.xyz_A3)});
  for (const auto& [name, v] : {std::pair{"total", loss.total},
                                {"mean square", loss.reconstruction},
                                {"kl", loss.kl},
                                {"graph", loss.graph}})
    out.push_back({name, Kind::scalar, copy(v)});
  return out;
}

class CgvaeEquivariance : public testing::TestWithParam<std::tuple<Conformance, std::uint64_t>> {
 protected:
  CgvaeConfig config = small_config(std::get<0>(GetParam()));
  std::uint64_t seed = std::get<1>(GetParam());
  Context context{1};
};
std::string model_case_name(const testing::TestParamInfo<CgvaeEquivariance::ParamType>& c) {
  return (std::get<0>(c.param) == Conformance::reference ? "reference_" : "corrected_") +
         std::to_string(std::get<1>(c.param));
}
INSTANTIATE_TEST_SUITE_P(ModesAndSeeds, CgvaeEquivariance,
                         testing::Combine(testing::Values(Conformance::reference, Conformance::corrected),
                                          testing::Values(1, 2, 3)),
                         model_case_name);

TEST_P(CgvaeEquivariance, ModelUnderMotionsAndMirrors) {
  const BeadSystem system = random_system(22, 6, seed);
  const auto model = make_model<double>(config, 6, seed);
  const Tensor<double> z = random({6, config.channels}, seed + 7),
                       eps = random({6, config.channels}, seed + 8);
  for (bool recenter : {true, false})
    expect_equivariant(
        [&](const Tensor<double>& x, const std::vector<Feature>&) {
          return outputs(context, *model, make_batch<double>(context, config, system, x), z, eps, recenter);
        },
        random({22, 3}, seed, 5), {});
}

// Beads trade places with their atoms and embeddings; atoms of one bead keep their order.
TEST_P(CgvaeEquivariance, ModelUnderReordering) {
  const BeadSystem system = random_system(22, 6, seed);
  const auto model = make_model<double>(config, 6, seed);
  const Tensor<double> x = random({22, 3}, seed, 5);
  const Tensor<double> z = random({6, config.channels}, seed + 7),
                       eps = random({6, config.channels}, seed + 8);
  const std::vector<Feature> at_rest =
      outputs(context, *model, make_batch<double>(context, config, system, x), z, eps);
  expect_alive(at_rest);
  for (std::uint64_t shuffle = 1; shuffle <= 3; ++shuffle) {
    const std::vector<int> beads = random_order(6, shuffle), bead_at = inverse(beads),
                           slots = random_order(22, shuffle + 50);
    // place k takes the next atom of the bead that atom slots[k] is of
    std::vector<std::vector<int>> members(6);
    for (int i = 21; i >= 0; --i) members[system.bead_of_atom[i]].push_back(i);
    std::vector<int> atoms;
    for (int k : slots) {
      auto& next = members[system.bead_of_atom[k]];
      atoms.push_back(next.back());
      next.pop_back();
    }
    const std::vector<int> atom_at = inverse(atoms);
    BeadSystem shuffled = system;
    for (std::size_t k = 0; k < 22; ++k) {
      shuffled.bead_of_atom[k] = bead_at[system.bead_of_atom[atoms[k]]];
      shuffled.atomic_number[k] = system.atomic_number[atoms[k]];
    }
    for (auto& [i, j] : shuffled.bonds) {
      i = atom_at[i];
      j = atom_at[j];
    }
    Batch<double> b = make_batch<double>(context, config, shuffled, reordered_rows(x, atoms));
    std::copy(beads.begin(), beads.end(), b.beads.bead_index_B.begin());
    std::vector<Feature> want = at_rest;
    for (Feature& y : want) {
      if (y.value.shape().rank() > 0) y.value = reordered_rows(y.value, y.value.dim(0) == 22 ? atoms : beads);
    }
    expect_same(outputs(context, *model, b, reordered_rows(z, beads), reordered_rows(eps, beads)), want,
                1e-10, "shuffle " + std::to_string(shuffle));
  }
}

// Three beads have no handedness of their own; the decoder gives them one from its third layer on.
TEST_P(CgvaeEquivariance, ThreeBeadsBreakTheMirror) {
  for (int layers : {2, 3, 5}) {
    config.decoder_layers = layers;
    const BeadSystem system = random_system(12, 3, seed);
    const auto model = make_model<double>(config, 3, seed);
    const Tensor<double> x = bead_means(system, random({12, 3}, seed, 5)),
                         z = random({3, config.channels}, seed + 7);
    const auto decoded = [&](const Tensor<double>& beads_B3, const std::vector<Feature>&) {
      const auto batch =
          models::make_bead_batch<double>(context, config, system, 1, as_vector<double>(beads_B3));
      Tape<double> tape(context, TapeMode::infer);
      return std::vector<Feature>{
          {"decoded", Kind::vector,
           from_beads(batch, model->decode(tape, batch, tape.constant(z.ref()), true))}};
    };
    SCOPED_TRACE(layers);
    expect_equivariant(decoded, x, {}, 1e-10, layers < 3);
    const Motion mirror = random_motion(4, true);
    const double off = difference(decoded(moved(mirror, Kind::point, x), {})[0].value,
                                  moved(mirror, decoded(x, {}))[0].value);
    if (layers < 3)
      EXPECT_LE(off, 1e-10);
    else
      EXPECT_GT(off, 1e-8);
  }
}

// ------------------------------------------------------------------------------ batches and threads

template <class T>
bool same_bits(const T* a, const T* b, std::size_t n) {
  return std::memcmp(a, b, n * sizeof(T)) == 0;
}

// reconstruction and sample of a batch, one after the other
template <class T>
std::vector<T> atoms_of(Context& context, const Cgvae<T>& model, const Batch<T>& b,
                        ArrayRef<const T> eps_BF) {
  std::vector<T> out;
  {
    Tape<T> tape(context, TapeMode::infer);
    const auto xyz = model.loss(tape, b.beads, b.atoms, eps_BF, kWeights, true).xyz_A3.value();
    out.assign(xyz.begin(), xyz.end());
  }
  Tape<T> tape(context, TapeMode::infer);
  const auto xyz = model.sample(tape, b.beads, eps_BF, true).value();
  out.insert(out.end(), xyz.begin(), xyz.end());
  return out;
}

// frames [first, second] (2 A, 3) in one batch and one at a time
template <class T>
void expect_batch_is_single_runs(const CgvaeConfig& config, const BeadSystem& system,
                                 const Tensor<double>& x_A3, std::uint64_t seed) {
  Context context(2);
  const auto model = make_model<T>(config, system.n_beads, seed);
  const int n = system.n_atoms(), n_beads = system.n_beads, f = config.channels;
  const Tensor<T> eps = as<T>(random({2 * n_beads, f}, seed + 8));
  const std::vector<T> both =
      atoms_of(context, *model, make_batch<T>(context, config, system, x_A3), eps.ref());
  ASSERT_EQ(both.size(), std::size_t{12} * n);
  EXPECT_TRUE(std::all_of(both.begin(), both.end(), [](T v) { return std::isfinite(v); }));
  for (int frame : {0, 1}) {
    Tensor<double> x({n, 3});
    std::copy_n(x_A3.data() + 3 * n * frame, 3 * n, x.data());
    const std::vector<T> one = atoms_of(context, *model, make_batch<T>(context, config, system, x),
                                        ArrayRef<const T>(eps.data() + n_beads * f * frame, {n_beads, f}));
    EXPECT_TRUE(same_bits(one.data(), both.data() + 3 * n * frame, std::size_t{3} * n))
        << "reconstruction " << frame;
    EXPECT_TRUE(same_bits(one.data() + 3 * n, both.data() + 6 * n + 3 * n * frame, std::size_t{3} * n))
        << "sample " << frame;
  }
}

TEST_P(CgvaeEquivariance, ABatchOfTwoIsTwoSingleRuns) {
  const BeadSystem system = random_system(22, 6, seed);
  // near-complete graphs, and sparse ones
  for (double width : {4.0, 18.0}) {
    SCOPED_TRACE(width);
    const Tensor<double> x = random({44, 3}, seed, width);
    expect_batch_is_single_runs<double>(config, system, x, seed);
    expect_batch_is_single_runs<float>(config, system, x, seed);
  }
}

// A folded and an unfolded frame: alone, one graph is near-complete and the other is not, so each has its
// own form of the filtered sum, in a batch too.
TEST_P(CgvaeEquivariance, ABatchOfUnlikeFramesIsTwoSingleRuns) {
  const BeadSystem system = random_system(22, 6, seed);
  Tensor<double> x = random({44, 3}, seed, 4);
  for (int i = 22; i < 44; ++i) x[3 * i] += 6.0 * (i - 22);
  expect_batch_is_single_runs<double>(config, system, x, seed);
  expect_batch_is_single_runs<float>(config, system, x, seed);
}

template <class T>
void expect_same_bits_on_two_threads(CgvaeConfig config, std::uint64_t seed, double width) {
  config.channels = 40;
  const BeadSystem system = random_system(40, 10, seed);
  const Tensor<double> x = random({3 * 40, 3}, seed, width);
  const Tensor<T> eps = as<T>(random({3 * 10, config.channels}, seed + 8));
  std::vector<T> atoms[2], grads[2];
  T total[2];
  for (int k : {0, 1}) {
    Context context(k + 1);
    const auto model =
        make_model<T>(config, 10, seed, T(1));  // the published sums grow out of float otherwise
    const Batch<T> b = make_batch<T>(context, config, system, x);
    atoms[k] = atoms_of(context, *model, b, eps.ref());
    model->parameters().zero_grads(context);
    Tape<T> tape(context);
    const Var<T> loss = model->loss(tape, b.beads, b.atoms, eps.ref(), kWeights, true).total;
    total[k] = loss.item();
    tape.backward(loss);
    grads[k].assign(model->parameters().grads().begin(), model->parameters().grads().end());
  }
  EXPECT_TRUE(std::isfinite(total[0]));
  EXPECT_TRUE(same_bits(total, total + 1, 1));
  EXPECT_TRUE(same_bits(atoms[0].data(), atoms[1].data(), atoms[0].size()));
  EXPECT_TRUE(same_bits(grads[0].data(), grads[1].data(), grads[0].size()));
  EXPECT_GT(std::count_if(grads[0].begin(), grads[0].end(), [](T g) { return g != 0; }),
            std::ptrdiff_t(grads[0].size() / 4));
}

TEST_P(CgvaeEquivariance, SameBitsOnOneAndTwoThreads) {
  for (double width : {5.0, 18.0}) {
    SCOPED_TRACE(width);
    expect_same_bits_on_two_threads<double>(config, seed, width);
    expect_same_bits_on_two_threads<float>(config, seed, width);
  }
}

}  // namespace
}  // namespace regrain::test
