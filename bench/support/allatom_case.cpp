#include "bench/support/allatom_case.hpp"

#include <limits>
#include <string>

#include "bench/support/job_flops.hpp"
#include "bench/support/job_parts.hpp"
#include "bench/support/target.hpp"
#include "io/safetensors.hpp"
#include "io/structure.hpp"

namespace regrain::bench {

namespace {

namespace m = models::allatom;
using kernels::kResidueSlots;

const std::string kRoot = REGRAIN_SOURCE_DIR;
constexpr int kShippedMembers = 3;

// One frame: chains of trp-cage, the last of which may be cut short, with all atoms by slot, NaN where there is none.
std::vector<float> packed_chains(int n_residues, m::Sequence& sequence) {
  const io::Structure unit = io::read_structure(kRoot + "/tests/data/trpcage/trpcage_330K_heavy_top.pdb");
  const int per_copy = unit.topology.n_residues();
  const Lattice lattice(double(n_residues) / per_copy);
  std::vector<float> atoms(static_cast<std::size_t>(n_residues * kResidueSlots) * 3, std::numeric_limits<float>::quiet_NaN());
  for (int r = 0; r < n_residues; ++r) {
    if (r % per_copy == 0) sequence.first_of_chain.push_back(r);
    sequence.type.push_back(m::type_of_residue(unit.topology.residues[r % per_copy].name));
  }
  sequence.first_of_chain.push_back(n_residues);
  for (int a = 0; a < unit.topology.n_atoms(); ++a)
    for (int r = unit.topology.atoms[a].residue; r < n_residues; r += per_copy) {
      const int slot = m::slot_of_atom(sequence.type[r], unit.topology.atoms[a].name);
      for (int k = 0; k < 3 && slot >= 0; ++k)
        atoms[3 * (r * kResidueSlots + slot) + k] = unit.frames.front().xyz_A3[3 * a + k] + lattice.shift(r / per_copy, k);
    }
  return atoms;
}

// what a member computes but for chi angles, and the heads of a drawn or given set of them
Flops trunk_flops(const m::Config& c, double n, double n_edges) {
  const double h = c.channels, b = c.backbone_channels;
  // features of edges are data: the way back has one product for the weight's gradient
  const Flops edges{2 * n_edges * kernels::kEdgeFeatures * h, 2 * n_edges * kernels::kEdgeFeatures * h};
  Flops flops = linear_flops(n, m::kTraceFeatures, b) + 2 * linear_flops(n, b, 2 * b) + linear_flops(n, b, kernels::kPeptideOutputs);
  flops += linear_flops(n, m::kTraceFeatures, h) + linear_flops(n, kernels::kBackboneFeatures, h) + linear_flops(n, h, kernels::kPeptideOutputs);
  flops += c.layers * (3 * linear_flops(n, h, h) + 2 * linear_flops(n, h, 2 * h) + edges);
  return flops + 2 * (linear_flops(n, h, h) + linear_flops(n, h, c.latent)) + kernels::kChi * linear_flops(n, h, h);
}
Flops chi_flops(const m::Config& c, double n) {
  const double h = c.channels;
  Flops flops = 2 * (linear_flops(n, h + kernels::kChi * kernels::kTurnFeatures, h) + linear_flops(n, h, c.latent));  // posterior
  for (int k = 0; k < kernels::kChi; ++k) flops += linear_flops(n, c.latent + kernels::kTurnFeatures * k, h) + linear_flops(n, h, c.bins);
  return flops;
}

}  // namespace

AllAtomJob::AllAtomJob(int n_residues, int frames, int n_members, int n_threads, Device device)
    : Job(device, n_threads), n_frames(frames), members(n_members) {
  const int n = n_frames * n_residues;
  const Tensor<float> atoms({n, kResidueSlots, 3}, with_noise(packed_chains(n_residues, sequence), n_frames, 400));
  for (int r = 0; r < n; ++r) {
    const float* ca = atoms.data() + 3 * (r * kResidueSlots + kernels::kAtCa);
    trace_xyz.insert(trace_xyz.end(), ca, ca + 3);
  }
  m::Config config;
  config.members = kShippedMembers;
  model = std::make_unique<m::Model<float>>(config);
  const auto file = io::Safetensors::load(kRoot + "/models/pretrained/allatom.safetensors");
  for (const auto& p : model->parameters().all()) {
    const std::vector<float> values = file.floats(p.name);
    std::copy(values.begin(), values.end(), p.value);
  }
  adam = std::make_unique<Adam<float>>(model->parameters(), AdamSettings{.clip_norm = 1});

  const Place on(context);
  std::vector<m::TraceFrame<float>> traces;
  for (int f = 0; f < n_frames; ++f) traces.push_back({&sequence, trace_xyz.data() + 3 * f * n_residues});
  m::Trace<float> made_trace;
  m::make_trace<float>(context, config, traces, made_trace);
  m::Truth<float> made_truth;
  m::make_truth<float>(context, made_trace, View<const float, 3>(atoms), made_truth);
  trace = on(std::move(made_trace));
  truth = on(std::move(made_truth));
  eps = on(normal({config.members, n, config.latent}, 2));
  move_to_device(context, *model, *adam);
}

double AllAtomJob::train_step() {
  return take_step(context, *model, *adam, [&](Tape<float>& tape) { return model->loss(tape, trace, truth, eps.ref(), {}); });
}

ArrayRef<const float> AllAtomJob::sample() {
  m::RebuildInput<float> input;
  const int n = sequence.n_residues();
  for (int f = 0; f < n_frames; ++f) {
    input.frames.push_back({&sequence, trace_xyz.data() + 3 * f * n});
    input.rng.push_back({.seed = 1, .step = static_cast<std::uint32_t>(f), .op = 16});
  }
  made = m::rebuild<float>(context, *model, input, {.temperature = m::kPlausibleTemperature, .members = members});
  return std::as_const(made).ref();
}

double AllAtomJob::step_flops() const {
  const m::Config& c = model->config();
  const double n = trace.n_residues();
  return c.members * (trunk_flops(c, n, trace.near.n_edges()) + chi_flops(c, n)).both();
}

double AllAtomJob::sample_flops() const {
  return members * trunk_flops(model->config(), trace.n_residues(), trace.near.n_edges()).forward;
}

}  // namespace regrain::bench
