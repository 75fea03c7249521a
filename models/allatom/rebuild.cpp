#include "models/allatom/rebuild.hpp"

#include <algorithm>
#include <optional>

#include "autodiff/dense.hpp"
#include "engine/errors.hpp"
#include "engine/transfer.hpp"
#include "models/allatom/known_atoms.hpp"

namespace regrain::models::allatom {

namespace {

using kernels::kAtCa;

// Residues on the host: that the networks see at a time, enough for whole tiles of every product and little memory; that
// draws are held of, copies of the former among them.
constexpr int kSeenTogether = 2048, kDrawnTogether = 16 * kSeenTogether;

// What draws are made from: the traces that are seen, and residues of all frames, which are copies of theirs.
template <class T>
struct DrawInput {
  Trace<T> trace;
  Tensor<int> row_of_N, symmetry_N4, first_of_frame;
  Tensor<Rng> rng;

  static constexpr auto arrays() {
    return std::make_tuple(&DrawInput::trace, &DrawInput::row_of_N, &DrawInput::symmetry_N4, &DrawInput::first_of_frame, &DrawInput::rng);
  }
};

// Whether frame f is the one before it once more to the networks, as the samples of a frame are. Known atoms belong to each.
template <class T>
bool is_copy(const RebuildInput<T>& in, std::size_t f) {
  if (f == 0 || in.known_N14_3.data()) return false;
  const TraceFrame<T>&a = in.frames[f - 1], &b = in.frames[f];
  const std::ptrdiff_t size = 3 * static_cast<std::ptrdiff_t>(a.sequence->type.size());
  return a.sequence == b.sequence && (a.ca_xyz == b.ca_xyz || std::equal(a.ca_xyz, a.ca_xyz + size, b.ca_xyz));
}

// The frames that the networks see: all but copies.
template <class T>
struct SeenFrames {
  std::vector<TraceFrame<T>> seen;
  std::vector<int> first_residue{0};  // of all frames, then their number
  std::vector<int> row_of;            // of all residues, among those that are seen

  explicit SeenFrames(const RebuildInput<T>& in) {
    int first_row = 0, end = 0;
    for (std::size_t f = 0; f < in.frames.size(); ++f) {
      const int n = in.frames[f].sequence->n_residues();
      if (!is_copy(in, f)) {
        seen.push_back(in.frames[f]);
        first_row = end;
        end += n;
      }
      for (int i = 0; i < n; ++i) row_of.push_back(first_row + i);
      first_residue.push_back(static_cast<int>(row_of.size()));
    }
  }
  int n_residues() const { return first_residue.back(); }
  // of every residue what `seen_N` says of the one that is seen
  Tensor<int> of_all(const Tensor<int>& seen_N) const {
    Tensor<int> out({n_residues()});
    std::transform(row_of.begin(), row_of.end(), out.begin(), [&](int row) { return seen_N[static_cast<std::size_t>(row)]; });
    return out;
  }
};

// (N, 4): chi_images of every residue.
template <class T>
Tensor<int> chi_symmetries(const kernels::SideChainTables<T>& tables, const Tensor<int>& type_N) {
  Tensor<int> out({type_N.dim(0), kChi});
  for (std::size_t i = 0; i < type_N.size(); ++i)
    for (int k = 0; k < kChi; ++k) out[i * kChi + static_cast<std::size_t>(k)] = chi_images(tables, type_N[i], k);
  return out;
}

// Known atoms with the trace's alpha carbons, and what of every residue stays.
template <class T>
struct Kept {
  Tensor<T> atoms_N14_3;
  Tensor<char> given_N;

  Kept(Cpu be, const Trace<T>& trace, View<const T, 3> known) : atoms_N14_3({trace.n_residues(), kResidueSlots, 3}), given_N({trace.n_residues()}) {
    REGRAIN_CHECK(known.dim(0) == trace.n_residues() && known.dim(1) == kResidueSlots, "rebuild: known atoms of ", known.dim(0),
                  " residues for ", trace.n_residues());
    std::copy_n(known.data(), atoms_N14_3.size(), atoms_N14_3.data());
    for (int i = 0; i < trace.n_residues(); ++i)
      std::copy_n(trace.ca_N3.data() + 3 * i, 3, atoms_N14_3.data() + 3 * (i * kResidueSlots + kAtCa));
    given_residues<T>(be, View<const int, 1>(trace.type_N), atoms_N14_3, given_N);
  }
};

// Frames [first, last) of the input, whose residues are [from, to).
template <class T>
RebuildInput<T> part_of(const RebuildInput<T>& in, std::size_t first, std::size_t last, int from, int to) {
  const auto some = [&](const auto& all) {
    const auto at = [&](std::size_t i) { return all.begin() + static_cast<std::ptrdiff_t>(i); };
    return all.empty() ? all : std::remove_cvref_t<decltype(all)>(at(first), at(last));
  };
  RebuildInput<T> part{some(in.frames), some(in.rng), some(in.frame), some(in.sample), {}, {}, {}};
  if (in.known_N14_3.data()) part.known_N14_3 = View<const T, 3>(in.known_N14_3.row(from), {to - from, kResidueSlots, 3});
  if (!in.bead_of_N.data()) return part;
  part.bead_of_N = View<const char, 1>(in.bead_of_N.data() + from, {to - from});
  part.bead_N3 = View<const T, 2>(in.bead_N3.row(from), {to - from, 3});
  return part;
}

template <class T>
Tensor<T> rebuild_together(Context& context, const Model<T>& model, const RebuildInput<T>& input, const RebuildSettings& settings) {
  const SeenFrames<T> frames(input);
  const int n = frames.n_residues();
  DrawInput<T> given;
  make_trace<T>(context, model.config(), frames.seen, given.trace);
  const Tensor<int> type_N = frames.of_all(given.trace.type_N), linked_N = frames.of_all(given.trace.linked_N);
  given.row_of_N = Tensor<int>::from(frames.row_of);
  given.symmetry_N4 = chi_symmetries(side_chain_tables<T>(), type_N);
  given.first_of_frame = Tensor<int>::from(frames.first_residue);
  given.rng = Tensor<Rng>::from(input.rng);

  const Cpu host = context.host();
  const std::vector<char> linked(linked_N.begin(), linked_N.end());
  Tensor<T> ca_N3({n, 3});
  for (std::size_t f = 0; f < input.frames.size(); ++f)
    std::copy_n(input.frames[f].ca_xyz, 3 * (frames.first_residue[f + 1] - frames.first_residue[f]), ca_N3.data() + 3 * frames.first_residue[f]);
  PackingInput<T> packing{};
  packing.type_R = View<const int, 1>(type_N);
  packing.first_of_set = frames.first_residue;
  packing.linked_R = View<const char, 1>(linked.data(), {n});
  packing.frame = input.frame;
  packing.sample = input.sample;
  packing.ca_R3 = View<const T, 2>(ca_N3);
  const int wide = wide_draws(settings.draws);
  Tensor<T> logp({n, settings.draws});
  for (int i = 0; i < n; ++i) std::fill_n(logp.data() + (i + 1) * settings.draws - wide, wide, static_cast<T>(kWideLogp));
  packing.logp_RS = logp;
  packing.n_bins = model.config().bins;

  const bool on_host = input.known_N14_3.data() || input.bead_of_N.data();  // what is known changes backbones and draws there
  Tensor<int> bins({on_host ? n : 0, settings.draws});
  Tensor<T> backbone({n, kernels::kBackboneSlots, 3}), chi({on_host ? n : 0, settings.draws, kChi}), atoms({n, kResidueSlots, 3}), picked({n, kChi});
  {
    DrawInput<T> there;
    const DrawInput<T>& in = on_backend(context, given, there);
    Tape<T> tape(context, TapeMode::infer);
    const Seen<T> seen = model.see(tape, in.trace, settings.members);
    const View<const int, 1> row_of(in.row_of_N);
    const Var<T> backbones = embed(tape, tape.reshape(seen.backbone_N43, {in.trace.n_residues(), kernels::kBackboneSlots * 3}), row_of);
    const Var<T> drawn = tape.result({n, settings.draws, kChi}, {});
    const View<int, 2> by(context.values().allocate_array<int>(static_cast<std::size_t>(n) * static_cast<std::size_t>(settings.draws)), {n, settings.draws});
    model.draw_chi(tape, in.trace, seen,
                   {.n_draws = settings.draws, .n_wide = wide, .temperature = settings.temperature,
                    .wide_temperature = std::max(settings.temperature, kWideTemperature), .symmetry_N4 = in.symmetry_N4, .row_of_N = row_of,
                    .first_of_frame = in.first_of_frame, .rng = in.rng},
                   drawn, by);
    if (!on_host) {
      packing.backbone_R43 = View<const T, 3>(backbones.value().data(), {n, kernels::kBackboneSlots, 3});
      packing.chi_RS4 = drawn.value();
      packing.bins_RS = by;
      pack<T>(context, packing, settings.packing, {picked, backbone, atoms});
      return atoms;
    }
    context.read(backbone.data(), backbones.value().data(), backbone.bytes());
    context.read(chi.data(), drawn.value().data(), chi.bytes());
    context.read(bins.data(), by.data(), bins.bytes());
  }

  packing.backbone_R43 = backbone;
  packing.chi_RS4 = chi;
  packing.bins_RS = bins;
  std::optional<Kept<T>> kept;
  if (input.known_N14_3.data()) {
    kept.emplace(host, given.trace, input.known_N14_3);
    keep_backbone<T>(host, given.trace.frames(), kept->atoms_N14_3, backbone);
    keep_chi<T>(host, packing.type_R, kept->atoms_N14_3, chi);
    packing.given_R = kept->given_N;
    packing.given_R14_3 = kept->atoms_N14_3;
  }
  if (input.bead_of_N.data()) {
    Tensor<T> by_beads({n, settings.draws});
    bead_likelihoods<T>(host, packing.type_R, backbone, chi, input.bead_of_N, input.bead_N3, kBeadSpread, by_beads);
    for (std::size_t i = 0; i < logp.size(); ++i) logp[i] += by_beads[i];
  }
  pack<T>(host, packing, settings.packing, {picked, backbone, atoms});
  if (kept) keep_atoms<T>(host, packing.type_R, kept->atoms_N14_3, picked, atoms);
  return atoms;
}

}  // namespace

template <class T>
Tensor<T> rebuild(Context& context, const Model<T>& model, const RebuildInput<T>& input, const RebuildSettings& settings) {
  REGRAIN_CHECK(input.rng.size() == input.frames.size(), "rebuild: ", input.rng.size(), " random numbers' keys for ", input.frames.size(), " frames");
  int n = 0;
  for (const TraceFrame<T>& f : input.frames) n += f.sequence->n_residues();
  if (context.device() != Device::cpu || n <= kSeenTogether) return rebuild_together(context, model, input, settings);
  Tensor<T> atoms({n, kResidueSlots, 3});
  int from = 0;
  for (std::size_t first = 0; first < input.frames.size();) {
    std::size_t last = first;
    int to = from, seen = 0;
    for (; last < input.frames.size(); ++last) {
      const int more = input.frames[last].sequence->n_residues();
      const int newly_seen = last > first && is_copy(input, last) ? 0 : more;
      if (last > first && (seen + newly_seen > kSeenTogether || to - from + more > kDrawnTogether)) break;
      seen += newly_seen;
      to += more;
    }
    const Tensor<T> some = rebuild_together(context, model, part_of(input, first, last, from, to), settings);
    std::copy_n(some.data(), some.size(), atoms.data() + static_cast<std::ptrdiff_t>(from) * kResidueSlots * 3);
    first = last;
    from = to;
  }
  return atoms;
}

template Tensor<float> rebuild(Context&, const Model<float>&, const RebuildInput<float>&, const RebuildSettings&);
template Tensor<double> rebuild(Context&, const Model<double>&, const RebuildInput<double>&, const RebuildSettings&);

}  // namespace regrain::models::allatom
