#include "models/allatom/networks.hpp"

namespace regrain::models::allatom {

namespace {

// of a sum over some two dozen neighbours
constexpr double kMessageScale = 0.1;

template <class T>
Parameter<T>* type_table(ParameterSet<T>& set, const std::string& name, int places, int width) {
  return set.add(name + ".types.weight", {places * kTypeRows, width});
}

template <class T>
Var<T> window_sum(Tape<T>& tape, Parameter<T>* table, const Graph& window) {
  return neighbor_reduce(tape, Reduce::sum, table->on(tape), window);
}

}  // namespace

template <class T>
Var<T> FeedForward<T>::operator()(Tape<T>& tape, Var<T> x, const Dropout<T>& dropout, int plane) const {
  return add(tape, x, dropout(tape, mlp(tape, norm(tape, x)), plane));
}

template <class T>
void FeedForward<T>::initialize(std::uint64_t seed) const {
  norm.initialize();
  mlp.xavier(seed, 0.5);
}

template <class T>
BackboneNet<T>::BackboneNet(ParameterSet<T>& set, const std::string& name, const Config& config)
    : input(set, name + ".input", kTraceFeatures, config.backbone_channels),
      types(type_table(set, name, 3, config.backbone_channels)),
      hidden(set, name + ".hidden", config.backbone_channels),
      output(set, name + ".output", config.backbone_channels, kernels::kPeptideOutputs) {}

template <class T>
Var<T> BackboneNet<T>::operator()(Tape<T>& tape, const Trace<T>& trace) const {
  const Var<T> x = add(tape, input(tape, tape.constant(trace.features_NF.ref())), window_sum(tape, types, trace.core_window));
  return output(tape, hidden(tape, activate(tape, Activation::swish, x)));
}

template <class T>
void BackboneNet<T>::initialize(std::uint64_t seed) const {
  input.xavier(seed);
  xavier_uniform(*types, seed);
  hidden.initialize(seed);
  output.xavier(seed);
}

template <class T>
Trunk<T>::Trunk(ParameterSet<T>& set, const std::string& name, const Config& config)
    : trace_input(set, name + ".trace", kTraceFeatures, config.channels),
      backbone_input(set, name + ".backbone", kernels::kBackboneFeatures, config.channels, false),
      types(type_table(set, name, kWindow, config.channels)) {
  for (int l = 0; l < config.layers; ++l) {
    const std::string layer = name + ".layers." + std::to_string(l);
    const int h = config.channels;
    layers.push_back({Norm<T>(set, layer + ".norm", h), Linear<T>(set, layer + ".receiver", h, h), Linear<T>(set, layer + ".sender", h, h, false),
                      Linear<T>(set, layer + ".output", h, h), set.add(layer + ".edge.weight", {h, kernels::kEdgeFeatures}),
                      FeedForward<T>(set, layer + ".feed_forward", h)});
  }
  norm = Norm<T>(set, name + ".norm", config.channels);
}

template <class T>
Var<T> Trunk<T>::operator()(Tape<T>& tape, const Trace<T>& trace, const kernels::ResidueGeometry<T>& geometry, Var<T> backbone_NF,
                            const Dropout<T>& dropout) const {
  Var<T> h = add(tape, add(tape, trace_input(tape, tape.constant(trace.features_NF.ref())), backbone_input(tape, backbone_NF)),
                 window_sum(tape, types, trace.window));
  int plane = 0;
  for (const Layer& layer : layers) {
    h = keep_result_of(tape, h.shape(), [&] {
      const Var<T> n = layer.norm(tape, h);
      const Var<T> m = residue_messages(tape, layer.receiver(tape, n), layer.sender(tape, n), layer.edge->on(tape), trace.near, geometry);
      const Var<T> update = layer.output(tape, scale(tape, static_cast<T>(kMessageScale * dropout.message_scale), m));
      return layer.feed_forward(tape, add(tape, h, dropout(tape, update, plane)), dropout, plane + 1);
    });
    plane += 2;
  }
  return dropout(tape, norm(tape, h), plane);
}

template <class T>
void Trunk<T>::initialize(std::uint64_t seed) const {
  trace_input.xavier(seed);
  backbone_input.xavier(seed);
  xavier_uniform(*types, seed);
  for (const Layer& layer : layers) {
    layer.norm.initialize();
    layer.receiver.xavier(seed);
    layer.sender.xavier(seed);
    xavier_uniform(*layer.edge, seed);
    layer.output.xavier(seed);
    layer.feed_forward.initialize(seed);
  }
  norm.initialize();
}

template <class T>
ChiNet<T>::ChiNet(ParameterSet<T>& set, const std::string& name, const Config& config, int k)
    : residue(set, name + ".residue", config.channels, config.channels), types(type_table(set, name, 1, config.channels)) {
  const int inputs = config.latent + kernels::kTurnFeatures * k;
  if (inputs > 0) draw = set.add(name + ".draw.weight", {config.channels, inputs});
  logits = Linear<T>(set, name + ".logits", config.channels, config.bins);
}

template <class T>
Var<T> ChiNet<T>::given(Tape<T>& tape, const Trace<T>& trace, Var<T> h_NH) const {
  return add(tape, residue(tape, h_NH), embed(tape, types->on(tape), View<const int, 1>(trace.type_N)));
}

template <class T>
Var<T> ChiNet<T>::operator()(Tape<T>& tape, const Trace<T>& trace, Var<T> h_NH, Var<T> inputs_NF) const {
  const Var<T> x = add(tape, given(tape, trace, h_NH), linear(tape, inputs_NF, draw->on(tape)));
  return logits(tape, activate(tape, Activation::swish, x));
}

template <class T>
Var<T> ChiNet<T>::without_draw(Tape<T>& tape, const Trace<T>& trace, Var<T> h_NH) const {
  return logits(tape, activate(tape, Activation::swish, given(tape, trace, h_NH)));
}

template <class T>
void ChiNet<T>::initialize(std::uint64_t seed) const {
  residue.xavier(seed);
  xavier_uniform(*types, seed);
  if (draw) xavier_uniform(*draw, seed);
  logits.xavier(seed);
}

#define REGRAIN_INSTANTIATE(T)  \
  template struct FeedForward<T>; \
  template struct BackboneNet<T>; \
  template struct Trunk<T>;       \
  template struct ChiNet<T>;
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::models::allatom
