// What the jobs of cases.hpp compute at least.
#include "bench/support/job_flops.hpp"

#include "bench/support/cases.hpp"
#include "kernels/message.hpp"

namespace regrain::bench {

namespace {

Flops stage1_encoder(const Stage1Job& job) {
  const double f = job.size.config.channels, k = job.size.config.n_rbf;
  const double n_atoms = job.atoms.xyz_A3.dim(0), n_beads = job.beads.x_B3.dim(0);
  const Flops gates = 2 * linear_flops(n_atoms, f, f);  // of messages, and again of pooling
  const Flops filters =
      filter_flops(kernels::kScalarGate, job.atoms.atom_graph.graph.n_edges() + n_atoms, k, f);
  return job.size.config.encoder_layers * (2 * gates + filters) + 4 * linear_flops(n_beads, f, f);
}

Flops stage1_prior(const Stage1Job& job) {
  const double f = job.size.config.channels, k = job.size.config.n_rbf, n_beads = job.beads.x_B3.dim(0);
  const Flops filter = filter_flops(kernels::kScalarGate, job.beads.prior_graph.graph.n_edges(), k, f);
  return job.size.config.encoder_layers * (2 * linear_flops(n_beads, f, f) + filter) +
         4 * linear_flops(n_beads, f, f);
}

Flops stage1_decoder(const Stage1Job& job) {
  const double f = job.size.config.channels, k = job.size.config.n_rbf, n_beads = job.beads.x_B3.dim(0);
  const int n_layers = job.size.config.decoder_layers;
  Flops flops;
  for (int l = 0; l < n_layers; ++l) {
    const kernels::GateLayout gates = models::gates_in_use(l, n_layers, job.size.n_beads == 3).layout;
    flops += linear_flops(n_beads, f, f) + linear_flops(n_beads, f, gates.n_gates * f) +
             filter_flops(gates, job.beads.decoder_graph.graph.n_edges(), k, f);
    // of the last update the vectors alone are read
    const int update_gates = l + 1 < n_layers ? 3 : 1;
    flops += 2 * linear_flops(3 * n_beads, f, f) + linear_flops(n_beads, 2 * f, f) +
             linear_flops(n_beads, f, update_gates * f);
  }
  return flops;
}

// embedding of edges that see two labels and a length, or a length alone
Flops edge_embedding(double n_edges, double inputs) {
  return linear_flops(n_edges, inputs, 12) + linear_flops(n_edges, 12, 12);
}

Flops stage2_encoder(const Stage2Job& job) {
  const double n_atoms = job.trace.n_atoms, n = job.trace.n_residues();
  const double atom_edges = job.atoms.atom_graph.n_edges(), residue_edges = job.trace.graph.graph.n_edges();
  Flops flops =
      edge_embedding(atom_edges, 14) + edge_embedding(residue_edges, 14) + edge_embedding(n_atoms, 8);
  for (int l = 0; l < models::kConvolutions; ++l) {
    flops += convolution_flops(l, atom_edges, n_atoms, n_atoms) + convolution_flops(l, n_atoms, n_atoms, n);
    if (l + 1 < models::kConvolutions)
      flops += convolution_flops(l, residue_edges, n, n) + convolution_flops(l, n_atoms, n, n_atoms);
  }
  return flops;
}

Flops stage2_prior(const Stage2Job& job) {
  const double n = job.trace.n_residues(), n_edges = job.trace.graph.graph.n_edges();
  Flops flops = edge_embedding(n_edges, 14);
  for (int l = 0; l < models::kConvolutions; ++l) flops += convolution_flops(l, n_edges, n, n);
  return flops;
}

Flops stage2_decoder(const Stage2Job& job) {
  const double n = job.trace.n_residues(), n_edges = job.trace.graph.graph.n_edges();
  const double width = job.config.latent + models::kResidueEmbedding;
  // message, dense and torsion blocks of a layer are two square maps each
  const Flops layer = 6 * linear_flops(n, width, width) +
                      filter_flops(kernels::kScalarGate, n_edges, job.config.n_rbf, width);
  return job.config.decoder_layers * layer;
}

}  // namespace

double Stage1Job::sample_flops() const { return (stage1_prior(*this) + stage1_decoder(*this)).forward; }
double Stage1Job::step_flops() const {
  return (stage1_encoder(*this) + stage1_prior(*this) + stage1_decoder(*this)).both();
}
double Stage2Job::sample_flops() const { return (stage2_prior(*this) + stage2_decoder(*this)).forward; }
double Stage2Job::step_flops() const {
  return (stage2_encoder(*this) + stage2_prior(*this) + stage2_decoder(*this)).both();
}

}  // namespace regrain::bench
