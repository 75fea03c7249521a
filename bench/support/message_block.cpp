#include "bench/support/message_block.hpp"

#include <algorithm>
#include <numeric>

#include "bench/support/random_arrays.hpp"
#include "bench/support/target.hpp"

namespace regrain::bench {

namespace {

Tensor<float> jittered_lattice() {
  constexpr int kSide = 10;         // two dimensions; the third is as long as it has to be
  constexpr float kSpacing = 1.7f;  // Angstrom
  Tensor<float> x = normal({MessageBlock::kNodes, 3}, 400);
  for (int i = 0; i < MessageBlock::kNodes; ++i) {
    const int at[3] = {i % kSide, i / kSide % kSide, i / (kSide * kSide)};
    for (int k = 0; k < 3; ++k) x[3 * i + k] = kSpacing * static_cast<float>(at[k]) + 0.1f * x[3 * i + k];
  }
  return x;
}

// every node hears its nearest ones
kernels::Graph nearest_neighbors(const Tensor<float>& x) {
  std::vector<kernels::Edge> edges;
  std::vector<int> order(MessageBlock::kNodes);
  for (int i = 0; i < MessageBlock::kNodes; ++i) {
    const auto distance = [&](int j) {
      float d2 = 0;
      for (int k = 0; k < 3; ++k) d2 += (x[3 * i + k] - x[3 * j + k]) * (x[3 * i + k] - x[3 * j + k]);
      return d2;
    };
    std::iota(order.begin(), order.end(), 0);
    const auto end = order.begin() + MessageBlock::kEdgesANode + 1;  // the first is the node itself
    std::partial_sort(order.begin(), end, order.end(),
                      [&](int a, int b) { return distance(a) < distance(b); });
    for (auto j = order.begin() + 1; j != end; ++j) edges.push_back({i, *j});
  }
  return kernels::make_graph(MessageBlock::kNodes, MessageBlock::kNodes, edges);
}

}  // namespace

MessageBlock::MessageBlock(int n_threads, Device device)
    : context(device, n_threads),
      phi(parameters, "inv_dense", ".0", ".1", kChannels, kChannels, 3 * kChannels, Activation::swish),
      filter_weight(parameters.add("dist_embed.block.1.weight", {3 * kChannels, kRadial})),
      filter_bias(parameters.add("dist_embed.block.1.bias", {3 * kChannels})),
      xyz_N3(jittered_lattice()) {
  parameters.allocate();
  phi.fan_in(kSeed);
  models::fan_in_uniform(*filter_weight, kSeed, kRadial);
  models::fan_in_uniform(*filter_bias, kSeed, kRadial);
  const Place on(context);
  s_NF = on(normal({kNodes, kChannels}, 401));
  v_N3F = on(normal({kNodes, 3, kChannels}, 402));
  ds_NF = on(normal({kNodes, kChannels}, 403));
  dv_N3F = on(normal({kNodes, 3, kChannels}, 404));
  graph = on(kernels::make_filter_graph<float>(context.host(), nearest_neighbors(xyz_N3), xyz_N3, xyz_N3, kCutoff,
                                               kRadial, {}, kernels::kEquivariantGates, kernels::FilterForm::sparse));
  if (on.on_device()) parameters.move_to(context);
}

ScalarVector<float> MessageBlock::outputs(Tape<float>& tape, Var<float> s, Var<float> v) const {
  return equivariant_message(tape, graph, Filter<float>{filter_weight->on(tape), filter_bias->on(tape)},
                             phi(tape, s), v);
}

ScalarVector<float> MessageBlock::forward() {
  Tape<float> tape(context, TapeMode::infer);
  return outputs(tape, tape.constant(s_NF.ref()), tape.constant(v_N3F.ref()));
}

void MessageBlock::forward_backward() {
  parameters.zero_grads(context);
  Tape<float> tape(context);
  const ScalarVector<float> out = outputs(tape, tape.leaf(s_NF.ref()), tape.leaf(v_N3F.ref()));
  context.copy(out.s.grad().data(), ds_NF.data(), ds_NF.bytes());
  context.copy(out.v.grad().data(), dv_N3F.data(), dv_N3F.bytes());
  tape.play_back();
}

Flops MessageBlock::flops() const {
  return linear_flops(kNodes, kChannels, kChannels) + linear_flops(kNodes, kChannels, 3 * kChannels) +
         filter_flops(kernels::kEquivariantGates, graph.graph.n_edges(), kRadial, kChannels);
}

}  // namespace regrain::bench
