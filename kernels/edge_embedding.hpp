// A narrow network on the inputs of every edge:  y_e = last relu(first x_e + first_bias) + last_bias
//
// There are hundreds of edges a node and a dozen channels, so its time is that of reading and writing rows: hidden
// rows are made where they are used, forward and backward, and never stored. Inputs are data, without a gradient.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// I inputs, H hidden channels, O outputs
template <class T>
struct EmbeddingNetwork {
  View<const T, 2> first_HI;
  View<const T, 1> first_bias_H;
  View<const T, 2> last_OH;
  View<const T, 1> last_bias_O;
};

// Throws Error(internal) if shapes disagree.
template <class T>
void edge_embedding(Cpu, View<const T, 2> x_EI, const EmbeddingNetwork<T>& network, View<T, 2> y_EO);
// at most kDeviceChannels of each kind
template <class T>
void edge_embedding(Cuda, View<const T, 2> x_EI, const EmbeddingNetwork<T>& network, View<T, 2> y_EO);

// The device keeps a row in registers, 16 values of which one is the bias's one.
constexpr int kDeviceChannels = 15;

template <class T>
struct EmbeddingGradient {
  View<T, 2> dfirst_HI;
  View<T, 1> dfirst_bias_H;
  View<T, 2> dlast_OH;
  View<T, 1> dlast_bias_O;
};

// all += derivative
template <class T>
void edge_embedding_backward(Cpu, View<const T, 2> x_EI, const EmbeddingNetwork<T>& network, View<const T, 2> dy_EO,
                             const EmbeddingGradient<T>& grad);
template <class T>
void edge_embedding_backward(Cuda, View<const T, 2> x_EI, const EmbeddingNetwork<T>& network, View<const T, 2> dy_EO,
                             const EmbeddingGradient<T>& grad);

// Throws Error(internal) if the network's shapes don't fit its inputs and outputs.
template <class T>
void check_embedding(int inputs, const EmbeddingNetwork<T>& network, int outputs);

}  // namespace regrain::kernels
