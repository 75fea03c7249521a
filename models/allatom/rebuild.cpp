#include "models/allatom/rebuild.hpp"

#include <algorithm>
#include <optional>

#include "engine/errors.hpp"
#include "engine/transfer.hpp"
#include "models/allatom/known_atoms.hpp"

namespace regrain::models::allatom {

namespace {

using kernels::kAtCa;

// What draws are made from.
template <class T>
struct DrawInput {
  Trace<T> trace;
  Tensor<int> symmetry_N4, first_of_frame;
  Tensor<Rng> rng;

  static constexpr auto arrays() {
    return std::make_tuple(&DrawInput::trace, &DrawInput::symmetry_N4, &DrawInput::first_of_frame, &DrawInput::rng);
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

}  // namespace

template <class T>
Tensor<T> rebuild(Context& context, const Model<T>& model, const RebuildInput<T>& input, const RebuildSettings& settings) {
  REGRAIN_CHECK(input.rng.size() == input.frames.size(), "rebuild: ", input.rng.size(), " random numbers' keys for ", input.frames.size(), " frames");
  DrawInput<T> given;
  make_trace<T>(context, model.config(), input.frames, given.trace);
  const Trace<T>& trace = given.trace;
  const int n = trace.n_residues();
  given.symmetry_N4 = chi_symmetries(side_chain_tables<T>(), trace.type_N);
  given.first_of_frame = Tensor<int>::from(trace.first_residue);
  given.rng = Tensor<Rng>::from(input.rng);

  Tensor<T> backbone({n, kernels::kBackboneSlots, 3}), chi({n, settings.draws, kChi}), atoms({n, kResidueSlots, 3}), picked({n, kChi});
  {
    DrawInput<T> there;
    const DrawInput<T>& in = on_backend(context, given, there);
    Tape<T> tape(context, TapeMode::infer);
    const Seen<T> seen = model.see(tape, in.trace);
    const auto draws = model.draw_chi(tape, in.trace, seen.h_NH, settings.draws, settings.temperature, View<const int, 2>(in.symmetry_N4),
                                      View<const int, 1>(in.first_of_frame), View<const Rng, 1>(in.rng));
    context.read(backbone.data(), seen.backbone_N43.value().data(), backbone.bytes());
    context.read(chi.data(), draws.chi_NS4.value().data(), chi.bytes());
  }

  const Cpu host = context.host();
  PackingInput<T> packing{};
  packing.type_R = View<const int, 1>(trace.type_N);
  packing.backbone_R43 = backbone;
  packing.chi_RS4 = chi;
  packing.first_of_set = trace.first_residue;
  const std::vector<char> linked(trace.linked_N.begin(), trace.linked_N.end());
  packing.linked_R = View<const char, 1>(linked.data(), {n});
  packing.frame = input.frame;
  packing.sample = input.sample;
  std::optional<Kept<T>> kept;
  if (input.known_N14_3.data()) {
    kept.emplace(host, trace, input.known_N14_3);
    keep_backbone<T>(host, trace.frames(), kept->atoms_N14_3, backbone);
    keep_chi<T>(host, packing.type_R, kept->atoms_N14_3, chi);
    packing.given_R = kept->given_N;
    packing.given_R14_3 = kept->atoms_N14_3;
  }
  Tensor<T> logp;
  if (input.bead_of_N.data()) {
    logp = Tensor<T>({n, settings.draws});
    bead_likelihoods<T>(host, packing.type_R, backbone, chi, input.bead_of_N, input.bead_N3, kBeadSpread, logp);
    packing.logp_RS = logp;
  }
  pack<T>(host, packing, settings.packing, {picked, backbone, atoms});
  if (kept) keep_atoms<T>(host, packing.type_R, kept->atoms_N14_3, picked, atoms);
  return atoms;
}

template Tensor<float> rebuild(Context&, const Model<float>&, const RebuildInput<float>&, const RebuildSettings&);

}  // namespace regrain::models::allatom
