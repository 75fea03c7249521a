// A convolution layer turns, mirrors and reorders with its input.
#include "autodiff/tensor_product.hpp"
#include "kernels/edge_inputs.hpp"
#include "kernels/spherical_harmonics.hpp"
#include "tests/support/equivariance.hpp"

namespace regrain::test {
namespace {

using kernels::feature_width;

constexpr Kind kBlocks[4] = {Kind::scalar, Kind::vector, Kind::pseudovector, Kind::pseudoscalar};

// the blocks of rows of a level as features of their own, and back
std::vector<Feature> split(int level, ArrayRef<const double> x) {
  std::vector<Feature> blocks;
  const int n = x.dim(0), width = feature_width(level);
  for (int b = 0; b <= level; ++b) {
    const bool vector = b == 1 || b == 2;
    Tensor<double> block(vector ? Shape{n, 3, 4} : Shape{n, 12});
    for (int i = 0; i < n; ++i) std::copy_n(x.data() + i * width + 12 * b, 12, block.data() + 12 * i);
    blocks.push_back({concat("block ", b), kBlocks[b], block});
  }
  return blocks;
}
Tensor<double> join(const std::vector<Feature>& blocks) {
  const int n = blocks[0].value.dim(0), n_blocks = static_cast<int>(blocks.size());
  Tensor<double> x({n, 12 * n_blocks});
  for (int b = 0; b < n_blocks; ++b)
    for (int i = 0; i < n; ++i)
      std::copy_n(blocks[b].value.data() + 12 * i, 12, x.data() + (i * n_blocks + b) * 12);
  return x;
}

// one layer on the graph of all pairs nearer than 2, with an edge network that sees distances
std::vector<Feature> layer(int level, const Tensor<double>& x_N3, const std::vector<Feature>& inputs) {
  const int n = x_N3.dim(0), n_weights = kernels::n_tensor_weights(level);
  std::vector<kernels::Edge> edges;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      double d2 = 0;
      for (int k = 0; k < 3; ++k) d2 += std::pow(x_N3[3 * i + k] - x_N3[3 * j + k], 2);
      if (i != j && d2 < 4) edges.push_back({i, j});
    }
  const Graph graph = kernels::make_graph(n, n, edges);
  Tensor<double> r({graph.n_edges(), 3}), y({graph.n_edges(), 9}), distance({graph.n_edges(), 8});
  Context context(1);
  context.visit([&](auto be) {
    kernels::edge_vectors<double>(be, graph, x_N3, x_N3, r);
    kernels::spherical_harmonics<double>(be, r, y);
    kernels::distance_inputs<double>(be, r, 3.0, distance);
  });
  const Tensor<double> x = join(inputs), first = random({10, 8 + 24}, 1), first_bias = random({10}, 2);
  const Tensor<double> last = random({n_weights, 10}, 3), last_bias = random({n_weights}, 4);
  Tape<double> tape(context, TapeMode::infer);
  const Var<double> vx = tape.constant(x.ref());
  return split(level + 1, tensor_product_convolution(
                              tape, level, graph, std::as_const(y).ref(), vx, vx,
                              {EndOrder::receiver_first, 12, tape.constant(std::as_const(distance).ref()),
                               tape.constant(first.ref()), tape.constant(first_bias.ref()), tape.constant(last.ref()),
                               tape.constant(last_bias.ref())})
                              .value());
}

TEST(TensorProductEquivariance, CommutesWithMotionsAndReorderings) {
  const int n = 14;
  const Tensor<double> x_N3 = random({n, 3}, 7);
  for (int level : {0, 1, 2}) {
    const Tensor<double> features = random({n, feature_width(level)}, 8);
    const auto map = [&](const Tensor<double>& x, const std::vector<Feature>& inputs) {
      return layer(level, x, inputs);
    };
    expect_equivariant(map, x_N3, split(level, features.ref()));
    expect_permutes(map, x_N3, split(level, features.ref()));
  }
}

}  // namespace
}  // namespace regrain::test
