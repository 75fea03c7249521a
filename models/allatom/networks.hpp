// The networks of the all-atom model. Residues are known by types and by what stays the same when the trace is moved.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "autodiff/arithmetic.hpp"
#include "autodiff/gaussian.hpp"
#include "autodiff/layer_norm.hpp"
#include "autodiff/residue_messages.hpp"
#include "autodiff/segment.hpp"
#include "kernels/chi_draws.hpp"
#include "kernels/residue_geometry.hpp"
#include "models/allatom/trace.hpp"
#include "models/layers.hpp"

namespace regrain::models::allatom {

// LayerNorm with its weights.
template <class T>
struct Norm {
  Parameter<T>* scale = nullptr;
  Parameter<T>* shift = nullptr;

  Norm() = default;
  Norm(ParameterSet<T>& set, const std::string& name, int width)
      : scale(set.add(name + ".scale", {width})), shift(set.add(name + ".shift", {width})) {}
  Var<T> operator()(Tape<T>& tape, Var<T> x) const { return layer_norm(tape, x, scale->on(tape), shift->on(tape)); }
  void initialize() const { std::fill_n(scale->value, scale->shape.size(), T(1)); }
};

// Factors 0 or 1 / (1 - p) for what a layer adds, (planes, N, H), made on the host for every training step; without data: none.
template <class T>
struct Dropout {
  ArrayRef<const T> factor_PNH;
  double message_scale = 1;  // of the sum of messages, some of which may have been left out
  int first_plane = 0;       // where those of this network begin

  Var<T> operator()(Tape<T>& tape, Var<T> x, int plane) const {
    if (!factor_PNH.data() || factor_PNH.size() == 0) return x;
    return multiply_constant(tape, x, ArrayRef<const T>(factor_PNH.data() + static_cast<std::size_t>(first_plane + plane) * x.size(), x.shape()));
  }
};
// planes that a member's trunk takes: two a layer, and what it gives to the heads; and those of all members
constexpr int member_planes(const Config& c) { return 2 * c.layers + 1; }
constexpr int dropout_planes(const Config& c) { return c.members * member_planes(c); }

// x + second(silu(first(norm(x)))), twice as wide inside
template <class T>
struct FeedForward {
  Norm<T> norm;
  Mlp<T> mlp;

  FeedForward() = default;
  FeedForward(ParameterSet<T>& set, const std::string& name, int width)
      : norm(set, name + ".norm", width), mlp(set, name, ".first", ".second", width, 2 * width, width, Activation::swish) {}
  Var<T> operator()(Tape<T>& tape, Var<T> x, const Dropout<T>& dropout = {}, int plane = 0) const;
  void initialize(std::uint64_t seed) const;
};

// N, C and O of every residue in its own frame and that of its bond, (N, 18), from the trace around it.
template <class T>
struct BackboneNet {
  Linear<T> input;
  Parameter<T>* types = nullptr;  // rows of the window of three places
  FeedForward<T> hidden;
  Linear<T> output;

  BackboneNet() = default;
  BackboneNet(ParameterSet<T>& set, const std::string& name, const Config& config);
  Var<T> operator()(Tape<T>& tape, const Trace<T>& trace) const;
  void initialize(std::uint64_t seed) const;
};

// What messages between residues leave in each, (N, H).
template <class T>
struct Trunk {
  struct Layer {
    Norm<T> norm;
    Linear<T> receiver, sender, output;
    Parameter<T>* edge = nullptr;  // (H, kEdgeFeatures)
    FeedForward<T> feed_forward;
  };
  Linear<T> trace_input, backbone_input;
  Parameter<T>* types = nullptr;  // rows of the window of nine places
  std::vector<Layer> layers;
  Norm<T> norm;

  Trunk() = default;
  Trunk(ParameterSet<T>& set, const std::string& name, const Config& config);
  // the backbone's geometry and features are data
  Var<T> operator()(Tape<T>& tape, const Trace<T>& trace, const kernels::ResidueGeometry<T>& geometry, Var<T> backbone_NF,
                    const Dropout<T>& dropout) const;
  void initialize(std::uint64_t seed) const;
};

// Logits of one chi from the residue, its latent variables and the chi before it.
template <class T>
struct ChiNet {
  Linear<T> residue;
  Parameter<T>* types = nullptr;  // (types, H)
  Parameter<T>* draw = nullptr;   // (H, L + 8 k): latent variables, then turns of the chi before; null without inputs
  Linear<T> logits;

  ChiNet() = default;
  ChiNet(ParameterSet<T>& set, const std::string& name, const Config& config, int k);
  // the part of the hidden rows that all draws of a residue share
  Var<T> given(Tape<T>& tape, const Trace<T>& trace, Var<T> h_NH) const;
  // inputs_NF: latent variables and turns side by side
  Var<T> operator()(Tape<T>& tape, const Trace<T>& trace, Var<T> h_NH, Var<T> inputs_NF) const;
  Var<T> without_draw(Tape<T>& tape, const Trace<T>& trace, Var<T> h_NH) const;
  void initialize(std::uint64_t seed) const;
};

extern template struct FeedForward<float>;
extern template struct FeedForward<double>;
extern template struct BackboneNet<float>;
extern template struct BackboneNet<double>;
extern template struct Trunk<float>;
extern template struct Trunk<double>;
extern template struct ChiNet<float>;
extern template struct ChiNet<double>;

}  // namespace regrain::models::allatom
