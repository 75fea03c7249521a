// The convolution layer of encoder and prior, and the network that looks at an edge before it.
#pragma once

#include "autodiff/edge_embedding.hpp"
#include "autodiff/tensor_product.hpp"
#include "models/genzprot/batch.hpp"
#include "models/layers.hpp"

namespace regrain::models {

constexpr int kEdgeChannels = 12;

// What every edge of a set shows its convolutions, from its inputs. Names in the published code: the two linear maps
// of a block are its items 0 and 3.
template <class T>
struct EdgeEmbedding {
  Mlp<T> net;

  EdgeEmbedding() = default;
  EdgeEmbedding(ParameterSet<T>& set, const std::string& name, int inputs)
      : net(set, name, ".0", ".3", inputs, kEdgeChannels, kEdgeChannels, Activation::relu) {}
  void initialize(std::uint64_t seed) const { net.fan_in(seed); }
  Var<T> operator()(Tape<T>& tape, const EdgeSet<T>& edges) const {
    return edge_embedding(tape, edges.inputs_EI.ref(), net.first.weight->on(tape), net.first.bias->on(tape),
                          net.second.weight->on(tape), net.second.bias->on(tape));
  }
  // of edges that are not kept
  Var<T> operator()(Tape<T>& tape, const Graph& graph, const kernels::LabelledPoints<T>& nodes) const {
    return edge_embedding(tape, graph, nodes, net.first.weight->on(tape), net.first.bias->on(tape),
                          net.second.weight->on(tape), net.second.bias->on(tape));
  }
};

// x_dst' = mean over edges of (x_src (x) Y ; W relu(V [edge | ends])): level l to l + 1
template <class T>
class Convolution {
 public:
  Convolution() = default;
  Convolution(ParameterSet<T>& set, const std::string& name, int level, int hidden)
      : level_(level),
        first_(set, name + ".fc.0", kEdgeChannels + 2 * kernels::kScalarChannels, hidden),
        last_(set, name + ".fc.3", hidden, kernels::n_tensor_weights(level)) {}
  void initialize(std::uint64_t seed) const {
    first_.fan_in(seed);
    last_.fan_in(seed);
  }

  Var<T> operator()(Tape<T>& tape, const Graph& graph, const EdgeSet<T>& edges, EndOrder order,
                    Var<T> edge_EC, Var<T> x_dst, Var<T> x_src) const {
    return tensor_product_convolution(tape, level_, graph, edges.y_E9.ref(), x_dst, x_src,
                                      layers(tape, order, edge_EC));
  }
  // among nodes of one kind; always in the form that doesn't depend on what a frame is batched with
  Var<T> operator()(Tape<T>& tape, const Graph& graph, const EdgeSet<T>& edges, Var<T> edge_EC,
                    Var<T> x) const {
    return tensor_product_convolution(tape, level_, graph, edges.y_E9.ref(), x, x,
                                      layers(tape, EndOrder::receiver_first, edge_EC), TensorProductForm::by_receiver);
  }
  // the same between points, along edges that are not kept
  Var<T> operator()(Tape<T>& tape, const Graph& graph, View<const T, 2> x_N3, Var<T> edge_EC, Var<T> x) const {
    return tensor_product_convolution(tape, level_, graph, x_N3, x, layers(tape, EndOrder::receiver_first, edge_EC));
  }

 private:
  EdgeLayers<T> layers(Tape<T>& tape, EndOrder order, Var<T> edge_EC) const {
    return {order,
            kernels::kScalarChannels,
            edge_EC,
            first_.weight->on(tape),
            first_.bias->on(tape),
            last_.weight->on(tape),
            last_.bias->on(tape)};
  }

  int level_ = 0;
  Linear<T> first_, last_;
};

}  // namespace regrain::models
