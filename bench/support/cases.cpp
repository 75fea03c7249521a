#include "bench/support/cases.hpp"

#include <cmath>
#include <string>

#include "bench/support/job_parts.hpp"
#include "bench/support/target.hpp"
#include "io/safetensors.hpp"
#include "io/structure.hpp"

namespace regrain::bench {

namespace {

const std::string kRoot = REGRAIN_SOURCE_DIR;

// on the host, which is where frames are joined
template <class Part>
void join_all(const std::vector<Part>& frames, Part& out) {
  kernels::Parts<Part> parts;
  for (const Part& f : frames) parts.push_back(&f);
  join(parts, out);
}

constexpr models::Conformance kPublished = models::Conformance::reference;

}  // namespace

Stage1Size paper_size(int n_frames) {
  return {{.channels = 472, .n_rbf = 6, .encoder_layers = 2, .decoder_layers = 10, .atom_cutoff = 40.296,
           .bead_cutoff = 100.243, .conformance = kPublished},
          10, n_frames, 9.805e-4, 0.8157};
}
Stage1Size lean_size(int n_frames) {
  return {{.channels = 128, .n_rbf = 8, .encoder_layers = 2, .decoder_layers = 4, .atom_cutoff = 12,
           .bead_cutoff = 25, .conformance = kPublished},
          19, n_frames, 1e-3, 1};
}
Stage1Size fine_bead_size(int n_frames) {
  return {{.channels = 563, .n_rbf = 6, .encoder_layers = 3, .decoder_layers = 7, .atom_cutoff = 43.366,
           .bead_cutoff = 115.646, .conformance = kPublished},
          50, n_frames, 2.2151e-2, 4.3746};
}

Stage1Job::Stage1Job(const Stage1Size& s, int n_threads, models::TraceUse what_for, Device device)
    : Job(device, n_threads), size(s), use(what_for) {
  const auto file = io::Safetensors::load(kRoot + "/tests/golden/cgvae/caseC_paper_ncgs10_F472.f32.safetensors");
  const std::vector<float> nxyz = file.floats("in.nxyz");
  const int n = static_cast<int>(nxyz.size() / 4);
  std::vector<float> first;
  for (int i = 0; i < n; ++i) first.insert(first.end(), nxyz.begin() + 4 * i + 1, nxyz.begin() + 4 * i + 4);
  system.n_beads = size.n_beads;
  system.atomic_number.assign(static_cast<std::size_t>(n), 6);
  for (int i = 0; i < n; ++i) {
    system.bead_of_atom.push_back(i * size.n_beads / n);
    if (i > 0) system.bonds.emplace_back(i - 1, i);
  }
  system.check();
  atom_xyz = with_noise(first, size.n_frames, 100);
  bead_xyz.assign(std::size_t{3} * size.n_frames * size.n_beads, 0.f);
  std::vector<float> members(static_cast<std::size_t>(size.n_beads));
  for (int b : system.bead_of_atom) members[b] += 1;
  for (int f = 0; f < size.n_frames; ++f)
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < 3; ++k) {
        const int b = system.bead_of_atom[i];
        bead_xyz[3 * (f * size.n_beads + b) + k] += atom_xyz[3 * (f * n + i) + k] / members[b];
      }
  const Place on(context);
  eps = on(normal({size.n_frames * size.n_beads, size.config.channels}, 1));
  model = std::make_unique<models::Cgvae<float>>(size.config, size.n_beads);
  model->initialize(kSeed);
  adam = std::make_unique<Adam<float>>(model->parameters(), AdamSettings{.clip_norm = 0.01});
  move_to_device(context, *model, *adam);
  make_batch();
}

void Stage1Job::make_batch() {
  const Place on(context);
  auto made = models::make_bead_batch<float>(context, size.config, system, size.n_frames, bead_xyz);
  if (use == models::TraceUse::training)
    atoms = on(models::make_atom_batch<float>(context, size.config, system, made, atom_xyz));
  beads = on(std::move(made));
}

void Stage1Job::prepare_frames() {
  const std::ptrdiff_t n_beads = 3 * system.n_beads, n_atoms = 3 * system.n_atoms();
  for (int f = 0; f < size.n_frames; ++f) {
    const std::vector<float> bead(bead_xyz.begin() + f * n_beads, bead_xyz.begin() + (f + 1) * n_beads);
    const std::vector<float> atom(atom_xyz.begin() + f * n_atoms, atom_xyz.begin() + (f + 1) * n_atoms);
    bead_frames.push_back(models::make_bead_batch<float>(context, size.config, system, 1, bead));
    atom_frames.push_back(models::make_atom_batch<float>(context, size.config, system, bead_frames.back(), atom));
  }
}

void Stage1Job::join_frames() {
  join_all(bead_frames, beads);
  join_all(atom_frames, atoms);
}

double Stage1Job::train_step() {
  return take_step(context, *model, *adam, [&](Tape<float>& tape) { return model->loss(tape, beads, atoms, eps.ref(), {size.beta, size.gamma}, system.centroid); });
}

ArrayRef<const float> Stage1Job::sample() {
  Tape<float> tape(context, TapeMode::infer);
  return model->sample(tape, beads, eps.ref(), system.centroid).value();
}

Stage2Job::Stage2Job(int n_residues, int n_frames, int n_threads, models::TraceUse what_for, Device device)
    : Job(device, n_threads), use(what_for) {
  config.conformance = kPublished;
  const io::Structure unit = io::read_structure(kRoot + "/tests/data/trpcage/trpcage_330K_heavy_top.pdb");
  const int per_copy = unit.topology.n_residues(), n_trace = n_residues + 2;
  const Lattice lattice(double(n_trace) / per_copy);
  // copies on a cube, close enough that atoms have the neighbours of a folded protein
  std::vector<models::ResidueName> residues;
  std::vector<models::AtomName> names;
  std::vector<float> xyz, first_trace;
  for (int r = 0; r < n_trace; ++r) {
    const int copy = r / per_copy, source = r % per_copy;
    residues.push_back({unit.topology.residues[source].name, 0, r + 1});
    for (int a = 0; a < unit.topology.n_atoms(); ++a) {
      if (unit.topology.atoms[a].residue != source) continue;
      names.push_back({unit.topology.atoms[a].name, r});
      for (int k = 0; k < 3; ++k) {
        xyz.push_back(unit.frames.front().xyz_A3[3 * a + k] + lattice.shift(copy, k));
        if (names.back().name == "CA") first_trace.push_back(xyz.back());
      }
    }
  }
  protein = models::make_protein(residues, names);
  std::vector<float> first_atoms;
  for (int a : protein.source_atom) first_atoms.insert(first_atoms.end(), xyz.begin() + 3 * a, xyz.begin() + 3 * a + 3);
  trace_xyz = with_noise(first_trace, n_frames, 200);
  atom_xyz = with_noise(first_atoms, n_frames, 300);
  for (int f = 0; f < n_frames; ++f)
    frames.push_back({&protein, trace_xyz.data() + 3 * f * protein.n_trace(), atom_xyz.data() + 3 * f * protein.n_atoms()});
  model = std::make_unique<models::Genzprot<float>>(config);
  model->initialize(kSeed);
  adam = std::make_unique<Adam<float>>(model->parameters(), AdamSettings{.clip_norm = 5});
  move_to_device(context, *model, *adam);
  make_batch();
  eps = Place(context)(normal({trace.n_residues(), config.latent}, 2));
}

void Stage2Job::make_batch() {
  const Place on(context);
  trace = on(models::make_trace_batch<float>(context, config, frames, use));
  if (use == models::TraceUse::training) atoms = on(models::make_protein_batch<float>(context, config, frames));
}

void Stage2Job::prepare_frames() {
  for (const auto& f : frames) {
    trace_frames.push_back(models::make_trace_batch<float>(context, config, {f}));
    protein_frames.push_back(models::make_protein_batch<float>(context, config, {f}));
  }
}

void Stage2Job::join_frames() {
  join_all(trace_frames, trace);
  join_all(protein_frames, atoms);
}

double Stage2Job::train_step() {
  return take_step(context, *model, *adam, [&](Tape<float>& tape) { return model->loss(tape, trace, atoms, eps.ref(), {}); });
}

ArrayRef<const float> Stage2Job::sample() {
  Tape<float> tape(context, TapeMode::infer);
  return model->sample(tape, trace, eps.ref()).value();
}

}  // namespace regrain::bench
