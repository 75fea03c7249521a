#include "models/genzprot/prior.hpp"

#include "autodiff/rows.hpp"

namespace regrain::models {

namespace {
std::string numbered(const std::string& name, int l) { return name + std::to_string(l); }
}  // namespace

template <class T>
TracePrior<T>::TracePrior(ParameterSet<T>& set, const std::string& name, const GenzprotConfig& config)
    : config_(config),
      residue_table_(set, name + ".cg_node_embedding", kLabelRows, kernels::kScalarChannels,
                     config.reference() ? 0 : -1),
      residue_edges_(set, name + ".cg_edge_embedding", 14) {
  for (int l = 0; l < kConvolutions; ++l)
    layer_[l] = Convolution<T>(set, numbered(name + ".cg_conv_layers.", l), l, config.latent);
  const int inputs = config.reference() ? kernels::feature_width(3) : kernels::invariant_width(3),
            f = config.latent;
  mu_ = Mlp<T>(set, name + ".mu", ".0", ".2", inputs, f, f, Activation::tanh);
  logvar_ = Mlp<T>(set, name + ".sigma", ".0", ".2", inputs, f, f, Activation::tanh);
}

template <class T>
void TracePrior<T>::initialize(std::uint64_t seed) const {
  residue_table_.normal(seed);
  residue_edges_.initialize(seed);
  for (const auto& layer : layer_) layer.initialize(seed);
  mu_.fan_in(seed);
  logvar_.fan_in(seed);
}

template <class T>
Gaussian<T> TracePrior<T>::operator()(Tape<T>& tape, const TraceBatch<T>& trace, Probe<T>* probe) const {
  Var<T> x = residue_table_(tape, View<const int, 1>(trace.type_R));
  const Graph& graph = trace.graph.graph;
  const kernels::LabelledPoints<T> points{trace.ca_R3, trace.type_R, static_cast<T>(config_.residue_label_scale()),
                                          static_cast<T>(config_.residue_reach())};
  const bool kept = trace.use == TraceUse::training;
  const Var<T> edge = kept ? residue_edges_(tape, trace.edges) : residue_edges_(tape, graph, points);
  for (int l = 0; l < kConvolutions; ++l) {
    note(probe, LayerName{"prior.cg_conv_layers.", l, ".in"}, x);
    const auto next = [&] {
      const Var<T> dx =
          kept ? layer_[l](tape, graph, trace.edges, edge, x) : layer_[l](tape, graph, points.x_N3, edge, x);
      note(probe, LayerName{"prior.cg_conv_layers.", l}, dx);
      return add_widened(tape, x, dx);
    };
    x = probe ? next() : keep_result_of(tape, {x.dim(0), kernels::feature_width(l + 1)}, next);
  }
  if (!config_.reference()) x = invariant_features(tape, 3, config_.handedness, x);
  note(probe, "prior.mu.in", x);
  const Gaussian<T> p{mu_(tape, x), logvar_(tape, x), kernels::kPriorFloor};
  note(probe, "prior.mu", p.mu);
  note(probe, "prior.logvar", p.logvar);
  return p;
}

template class TracePrior<float>;
template class TracePrior<double>;

}  // namespace regrain::models
