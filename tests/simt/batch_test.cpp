// Batches are made on the host whatever the device: a context on a device gives the bits one on the CPU does.
#include <gtest/gtest.h>

#include "models/cgvae/batch.hpp"
#include "tests/simt/needs_device.hpp"
#include "tests/support/proteins.hpp"

namespace regrain::test {
namespace {

template <class T>
bool same(const Tensor<T>& a, const Tensor<T>& b) {
  return a.on_host() && b.on_host() && a.shape() == b.shape() && std::equal(a.begin(), a.end(), b.begin());
}

void expect_same(const Graph& a, const Graph& b) {
  for (const auto member : {&Graph::dst, &Graph::src, &Graph::offset, &Graph::by_src, &Graph::src_offset})
    EXPECT_TRUE(same(a.*member, b.*member));
}

void expect_same(const FilterGraph<double>& a, const FilterGraph<double>& b) {
  expect_same(a.graph, b.graph);
  EXPECT_EQ(a.form, b.form);
  EXPECT_TRUE(same(a.geometry.d_E, b.geometry.d_E) && same(a.geometry.unit_E3, b.geometry.unit_E3));
  ASSERT_EQ(a.matrices.size(), b.matrices.size());
  for (std::size_t f = 0; f < a.matrices.size(); ++f) {
    ASSERT_EQ(!a.matrices[f], !b.matrices[f]);
    EXPECT_TRUE(!a.matrices[f] || same(*a.matrices[f], *b.matrices[f]));
  }
}

void expect_same(const models::EdgeSet<double>& a, const models::EdgeSet<double>& b) {
  EXPECT_TRUE(same(a.y_E9, b.y_E9) && same(a.inputs_EI, b.inputs_EI));
}

TEST(BatchesOnADevice, BeadsAndAtomsAreAsOnTheCpu) {
  REGRAIN_NEEDS_DEVICE();
  models::BeadSystem system;
  system.n_beads = 3;
  system.bonds = {{0, 1}, {4, 5}};
  for (int i = 0; i < 9; ++i) {
    system.bead_of_atom.push_back(i / 3);
    system.atomic_number.push_back(6);
  }
  const Tensor<double> atoms = random({2 * 9, 3}, 1, 4.0), beads = random({2 * 3, 3}, 2, 4.0);
  models::CgvaeConfig config;
  config.atom_cutoff = 5;
  config.bead_cutoff = 9;
  models::BeadBatch<double> bead[2];
  models::AtomBatch<double> atom[2];
  for (const Device device : {Device::cpu, Device::cuda}) {
    Context context(device, 1);
    const int d = device == Device::cuda;
    bead[d] = models::make_bead_batch<double>(context, config, system, 2, {beads.begin(), beads.end()});
    atom[d] = models::make_atom_batch<double>(context, config, system, bead[d], {atoms.begin(), atoms.end()});
  }
  EXPECT_GT(atom[1].atom_graph.graph.n_edges(), 0);
  EXPECT_TRUE(same(bead[0].x_B3, bead[1].x_B3));
  expect_same(bead[0].prior_graph, bead[1].prior_graph);
  expect_same(bead[0].decoder_graph, bead[1].decoder_graph);
  expect_same(atom[0].atom_graph, atom[1].atom_graph);
  expect_same(atom[0].pooling_graph, atom[1].pooling_graph);
  expect_same(atom[0].bonds, atom[1].bonds);
}

TEST(BatchesOnADevice, ProteinsAreAsOnTheCpu) {
  REGRAIN_NEEDS_DEVICE();
  const MadeProtein made = made_protein(make_protein_of(random_types(12, 3)), 5);
  const models::GenzprotConfig config;
  for (const models::TraceUse use : {models::TraceUse::training, models::TraceUse::sampling}) {
    models::TraceBatch<double> trace[2];
    models::ProteinBatch<double> atoms[2];
    Tensor<double> eps[2];
    for (const Device device : {Device::cpu, Device::cuda}) {
      Context context(device, 1);
      const int d = device == Device::cuda;
      trace[d] = models::make_trace_batch<double>(context, config, {made.frame(), made.frame()}, use);
      atoms[d] = models::make_protein_batch<double>(context, config, {made.frame(), made.frame()});
      eps[d] = models::latent_noise(context, config, trace[d], 3, {0, 1}, 0);
    }
    EXPECT_GT(trace[1].graph.graph.n_edges(), 0);
    expect_same(trace[0].graph, trace[1].graph);
    expect_same(trace[0].edges, trace[1].edges);
    expect_same(atoms[0].atom_graph, atoms[1].atom_graph);
    expect_same(atoms[0].atom_edges, atoms[1].atom_edges);
    expect_same(atoms[0].cross_edges, atoms[1].cross_edges);
    EXPECT_TRUE(same(atoms[0].target_RT3, atoms[1].target_RT3) && same(atoms[0].mask_RT, atoms[1].mask_RT));
    EXPECT_TRUE(same(eps[0], eps[1]));
  }
}

}  // namespace
}  // namespace regrain::test
