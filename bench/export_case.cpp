// Writes cases of the benchmarks for torch_baseline.py: batch, weights, noise, and what the engine makes of
// them.
//
//   bench_export_case FOLDER [CASE ...]
//
// The layout stands in torch_models/case_file.py. Loss and sample are computed here and now by the jobs that
// bench_jobs times.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>

#include "bench/support/cases.hpp"
#include "bench/support/message_block.hpp"
#include "bench/support/random_arrays.hpp"
#include "engine/errors.hpp"
#include "io/safetensors.hpp"
#include "models/genzprot/reference_weights.hpp"
#include "models/residues.hpp"

namespace regrain::bench {

namespace {

using io::SafetensorsWriter;

void add(SafetensorsWriter& file, const std::string& name, std::vector<std::int64_t> shape,
         const std::vector<float>& x) {
  file.add(name, shape, x.data());
}
void add(SafetensorsWriter& file, const std::string& name, std::vector<std::int64_t> shape,
         const std::vector<int>& x) {
  file.add(name, shape, x.data());
}
void add(SafetensorsWriter& file, const std::string& name, ArrayRef<const float> x) {
  std::vector<std::int64_t> shape;
  for (int i = 0; i < x.shape().rank(); ++i) shape.push_back(x.dim(i));
  file.add(name, shape, x.data());
}
void add_scalar(SafetensorsWriter& file, const std::string& name, double x) {
  add(file, name, {1}, std::vector{static_cast<float>(x)});
}

// (N,3,F) as the published (N,F,3)
void add_vectors(SafetensorsWriter& file, const std::string& name, ArrayRef<const float> x) {
  const int n = x.dim(0), f = x.dim(2);
  std::vector<float> out(x.size());
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < 3; ++k)
      for (int c = 0; c < f; ++c)
        out[(static_cast<std::size_t>(i) * f + c) * 3 + k] =
            x.data()[(static_cast<std::size_t>(i) * 3 + k) * f + c];
  add(file, name, {n, f, 3}, out);
}

// rows of a label and xyz
template <class Label>
void add_nxyz(SafetensorsWriter& file, const std::string& name, int n, const float* xyz, Label label) {
  std::vector<float> rows;
  for (int i = 0; i < n; ++i) {
    rows.push_back(static_cast<float>(label(i)));
    rows.insert(rows.end(), xyz + 3 * i, xyz + 3 * i + 3);
  }
  add(file, name, {n, 4}, rows);
}

// every pair once
void add_pairs(SafetensorsWriter& file, const std::string& name, const kernels::Graph& g) {
  std::vector<int> pairs;
  for (int e = 0; e < g.n_edges(); ++e)
    if (g.dst[e] < g.src[e]) pairs.insert(pairs.end(), {g.dst[e], g.src[e]});
  add(file, name, {static_cast<std::int64_t>(pairs.size() / 2), 2}, pairs);
}

std::vector<int> counting(int n) {
  std::vector<int> x(static_cast<std::size_t>(n));
  std::iota(x.begin(), x.end(), 0);
  return x;
}

// Encoder and prior of ours have the middle one of three gates alone, the one that reaches an output. The
// published code computes all three, so the file gets the rows that the same start gives the others.
void add_weights(SafetensorsWriter& file, Stage1Job& job) {
  models::CgvaeConfig config = job.size.config;
  config.dead_branches = true;
  models::Cgvae<float> published(config, job.size.n_beads);
  published.initialize(kSeed);
  for (const Parameter<float>& p : published.parameters().all()) {
    const Parameter<float>* ours = job.model->parameters().find(p.name);
    REGRAIN_CHECK(ours && (ours->shape == p.shape || 3 * ours->values().size() == p.values().size()), p.name,
                  ": ", p.shape.text(), " in the published code");
    float* live = ours->shape == p.shape ? p.value : p.value + ours->values().size();
    std::copy(ours->values().begin(), ours->values().end(), live);
    add(file, "param." + p.name, p.values());
  }
}

void add_weights(SafetensorsWriter& file, Stage2Job& job) {
  for (const Parameter<float>& p : job.model->parameters().all()) {
    const std::vector<int> column = models::reference_columns(p.name);
    std::vector<float> values(p.values().begin(), p.values().end());
    for (std::size_t i = 0; !column.empty() && i < values.size(); ++i)
      values[i / column.size() * column.size() + static_cast<std::size_t>(column[i % column.size()])] =
          p.value[i];
    add(file, "param." + p.name, ArrayRef<const float>(values.data(), p.shape));
  }
}

// Last, since a step changes the weights. At a random start the loss hardly depends on most of the network:
// it is the norm of every parameter's gradient that tells whether both compute the same.
void add_results(SafetensorsWriter& file, Job& job) {
  add(file, "sample.xyz", job.sample());
  add_scalar(file, "loss.total", job.train_step());
  for (const Parameter<float>& p : job.parameters().all()) {
    double sum = 0;
    for (std::size_t i = 0; i < p.values().size(); ++i) sum += double{p.grad[i]} * double{p.grad[i]};
    add_scalar(file, "gradnorm." + p.name, std::sqrt(sum));
  }
}

void write_stage1(SafetensorsWriter& file, const Stage1Size& size) {
  Stage1Job job(size, 1);
  const models::CgvaeConfig& c = size.config;
  file.set_metadata("config",
                    concat("{\"n_basis\": ", c.channels, ", \"n_rbf\": ", c.n_rbf,
                           ", \"enc_nconv\": ", c.encoder_layers, ", \"dec_nconv\": ", c.decoder_layers,
                           ", \"atom_cutoff\": ", c.atom_cutoff, ", \"cg_cutoff\": ", c.bead_cutoff,
                           ", \"beta\": ", size.beta, ", \"gamma\": ", size.gamma, "}"));
  const int n_atoms = job.atoms.xyz_A3.dim(0), n_beads = job.beads.x_B3.dim(0);
  std::vector<int> bead_of_atom(static_cast<std::size_t>(n_atoms));
  for (int e = 0; e < n_atoms; ++e) bead_of_atom[job.beads.beads.src[e]] = job.beads.beads.dst[e];
  add_nxyz(file, "in.nxyz", n_atoms, job.atoms.xyz_A3.data(),
           [&](int i) { return job.atoms.atomic_number_A[i]; });
  add_nxyz(file, "in.CG_nxyz", n_beads, job.beads.x_B3.data(),
           [&](int i) { return job.beads.bead_index_B[i]; });
  add(file, "in.CG_mapping", {n_atoms}, bead_of_atom);
  add(file, "in.num_CGs", {size.n_frames},
      std::vector<int>(static_cast<std::size_t>(size.n_frames), size.n_beads));
  add_pairs(file, "in.nbr_list", job.atoms.atom_graph.graph);
  add_pairs(file, "in.CG_nbr_list", job.beads.prior_graph.graph);
  add_pairs(file, "in.bond_edge_list", job.atoms.bonds);
  add(file, "in.eps", job.eps.ref());
  add_weights(file, job);
  add_results(file, job);
}

void write_stage2(SafetensorsWriter& file, int n_residues, int n_frames) {
  Stage2Job job(n_residues, n_frames, 1);
  const models::Protein& p = job.protein;
  const int n = job.trace.n_residues(), n_atoms = job.trace.n_atoms;
  const std::size_t frames = static_cast<std::size_t>(n_frames);
  std::vector<float> ca_R3;
  for (int r = 0; r < n; ++r) {
    const float* x = job.trace.trace_N3.data() + 3 * job.trace.trace_R[r];
    ca_R3.insert(ca_R3.end(), x, x + 3);
  }
  add_nxyz(file, "input.nxyz", n_atoms, job.atoms.xyz_A3.data(),
           [&](int a) { return job.atoms.atomic_number_A[a]; });
  add_nxyz(file, "input.CG_nxyz", n, ca_R3.data(), [&](int r) { return job.trace.type_R[r]; });
  add_nxyz(file, "input.OG_CG_nxyz", n_frames * p.n_trace(), job.trace.trace_N3.data(),
           [&](int r) { return p.type[static_cast<std::size_t>(r % p.n_trace())]; });
  std::vector<int> owner(static_cast<std::size_t>(n_atoms)), left_out;
  for (int e = 0; e < n_atoms; ++e)
    owner[job.atoms.atom_to_residue.src[e]] = job.atoms.atom_to_residue.dst[e];
  for (int a = 0; a < n_atoms; ++a)
    if (!job.atoms.keep_A[a]) left_out.push_back(a);
  add(file, "input.CG_mapping", {n_atoms}, owner);
  add(file, "input.mask_xyz_list", {static_cast<std::int64_t>(left_out.size())}, left_out);
  add(file, "input.num_CGs", {n_frames}, std::vector<int>(frames, n_residues));
  add(file, "input.prot_idx", {n_frames}, std::vector<int>(frames, 0));
  add_pairs(file, "input.nbr_list", job.atoms.atom_graph);
  add_pairs(file, "input.CG_nbr_list", job.trace.graph.graph);
  add_pairs(file, "input.bond_edge_list", job.atoms.near);
  add_pairs(file, "input.clash_pairs", job.atoms.clash);
  add_pairs(file, "input.bb_NO_list", job.atoms.backbone);
  add(file, "input.ic", job.atoms.target_RT3.ref());
  add(file, "input.mask", {static_cast<std::int64_t>(job.atoms.mask_RT.size())},
      std::vector<int>(job.atoms.mask_RT.begin(), job.atoms.mask_RT.end()));
  add(file, "input.eps", job.eps.ref());

  // of one frame: the slot of every atom, and the parents of every side-chain slot, the farthest first
  std::vector<int> slot;
  for (int a = 0; a < p.n_atoms(); ++a) slot.push_back(p.residue[a] * models::kSlots + p.slot[a]);
  add(file, "input.atom_idx", {p.n_atoms()}, slot);
  add(file, "input.permute", {p.n_atoms()}, counting(p.n_atoms()));
  std::vector<int> orders;
  for (int s = 0; s < kernels::kSideSlots; ++s)
    for (int r = 0; r < n_residues; ++r) {
      const int type = p.type[static_cast<std::size_t>(r + 1)];
      const int* parents =
          &models::placement_parents()[static_cast<std::size_t>(3 * (type * kernels::kSideSlots + s))];
      // no three points of a slot that isn't in use may be equal, or a gradient of it is not a number
      const bool in_use =
          kernels::kSlotCa + 1 + s < models::placement_slots()[static_cast<std::size_t>(type)];
      for (int k = 0; k < 3; ++k) orders.push_back(in_use ? parents[2 - k] : k);
    }
  add(file, "input.atom_orders", {kernels::kSideSlots, n_residues, 3}, orders);
  add_weights(file, job);
  add_results(file, job);
}

void write_message_block(SafetensorsWriter& file) {
  MessageBlock block(1);
  const kernels::Graph& g = block.graph.graph;
  file.set_metadata("config", concat("{\"cutoff\": ", MessageBlock::kCutoff, "}"));
  std::vector<int> pairs;
  std::vector<float> r_E3;
  for (int e = 0; e < g.n_edges(); ++e) {
    pairs.insert(pairs.end(), {g.dst[e], g.src[e]});
    for (int k = 0; k < 3; ++k)
      r_E3.push_back(block.xyz_N3[3 * g.src[e] + k] - block.xyz_N3[3 * g.dst[e] + k]);
  }
  add(file, "in.nbr_list", {g.n_edges(), 2}, pairs);
  add(file, "in.r", {g.n_edges(), 3}, r_E3);
  add(file, "in.s", block.s_NF.ref());
  add_vectors(file, "in.v", block.v_N3F.ref());
  for (const Parameter<float>& p : block.parameters.all()) add(file, "param." + p.name, p.values());
  const ScalarVector<float> out = block.forward();
  add(file, "out.ds", out.s.value());
  add_vectors(file, "out.dv", out.v.value());
}

struct NamedCase {
  std::string name;
  std::function<void(SafetensorsWriter&)> write;
  bool large = false;  // for a device; written where it is asked for by name
};

const std::vector<NamedCase> kCases{
    {"stage1_paper", [](SafetensorsWriter& f) { write_stage1(f, paper_size(2)); }},
    {"stage1_paper_1_frame", [](SafetensorsWriter& f) { write_stage1(f, paper_size(1)); }},
    {"stage1_lean", [](SafetensorsWriter& f) { write_stage1(f, lean_size(2)); }},
    {"stage1_50_beads", [](SafetensorsWriter& f) { write_stage1(f, fine_bead_size(1)); }},
    {"stage2_85x4", [](SafetensorsWriter& f) { write_stage2(f, 85, 4); }},
    {"message_block", write_message_block},
    {"stage1_paper_16_frames", [](SafetensorsWriter& f) { write_stage1(f, paper_size(16)); }, true},
    {"stage1_paper_64_frames", [](SafetensorsWriter& f) { write_stage1(f, paper_size(64)); }, true},
    {"stage2_85x64", [](SafetensorsWriter& f) { write_stage2(f, 85, 64); }, true},
};

int run(const std::vector<std::string>& arguments) {
  std::vector<std::string> names(arguments.begin() + 1, arguments.end());
  if (names.empty())
    for (const NamedCase& c : kCases)
      if (!c.large) names.push_back(c.name);
  for (const std::string& name : names) {
    const auto found =
        std::find_if(kCases.begin(), kCases.end(), [&](const NamedCase& c) { return c.name == name; });
    if (found == kCases.end()) {
      std::string known;
      for (const NamedCase& c : kCases) known += " " + c.name;
      fail(ErrorKind::input, "no case ", name, "; there are", known);
    }
    SafetensorsWriter file;
    found->write(file);
    const std::string path = arguments[0] + "/" + name + ".safetensors";
    file.write(path, /*force=*/true);
    std::printf("%s\n", path.c_str());
  }
  return 0;
}

}  // namespace

}  // namespace regrain::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_export_case FOLDER [CASE ...]\n");
    return 2;
  }
  try {
    return regrain::bench::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_export_case: %s\n", error.what());
    return 1;
  }
}
