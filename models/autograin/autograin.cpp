#include "models/autograin/autograin.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autodiff/adam.hpp"
#include "autodiff/arithmetic.hpp"
#include "autodiff/distance_losses.hpp"
#include "autodiff/soft_assignment.hpp"
#include "models/initialize.hpp"

namespace regrain::models {

template <class T>
Autograin<T>::Autograin(int n_atoms, int n_beads)
    : parameters_(std::make_unique<ParameterSet<T>>()),
      assignment_(parameters_->add("assignment", {n_atoms, n_beads})),
      decoder_(parameters_->add("decoder", {n_beads, n_atoms})) {
  parameters_->allocate();
}

template <class T>
void Autograin<T>::initialize(std::uint64_t seed) {
  standard_normal(*assignment_, seed);
  standard_normal(*decoder_, seed);
}

template <class T>
typename Autograin<T>::Loss Autograin<T>::loss(Tape<T>& tape, ArrayRef<const T> x_AC,
                                               ArrayRef<const T> noise_AB, double temperature,
                                               double regularisation) const {
  const Var<T> m_AB = gumbel_softmax(tape, assignment_->on(tape), noise_AB, static_cast<T>(temperature));
  const Var<T> beads_BC =
      matrix_product(tape, Trans::yes, normalize_columns(tape, m_AB), tape.constant(x_AC));
  const Var<T> decoded_AC = matrix_product(tape, Trans::yes, decoder_->on(tape), beads_BC);
  const Var<T> lifted_AC = matrix_product(tape, Trans::no, m_AB, beads_BC);

  // one point a row: atom by atom, frame by frame
  const Shape points{static_cast<int>(x_AC.size() / 3), 3};
  const ArrayRef<const T> x_P3(x_AC.data(), points);
  const auto mean_square = [&](Var<T> y) {
    return mean_squared_displacement(tape, tape.reshape(y, points), x_P3);
  };
  Loss out;
  out.reconstruction = scale(tape, T(1) / T(3), mean_square(decoded_AC));  // over coordinates, three a point
  out.lift = mean_square(lifted_AC);
  out.total = weighted_sum<T>(tape, {{T(1), out.reconstruction}, {static_cast<T>(regularisation), out.lift}});
  return out;
}

template class Autograin<float>;
template class Autograin<double>;

namespace {

// what the random numbers are for
constexpr std::uint16_t kGumbelNoise = 0xA701, kFrameOrder = 0xA702;

// The temperature stays at 1 for this share of the training and then falls linearly. Falling from the
// start on loses 6 % of the lift error on adenylate kinase.
constexpr double kWarmShare = 0.7, kLastTemperature = 0.1;

void check(const AutograinSettings& s, int n_atoms, const std::vector<float>& frames_xyz) {
  if (n_atoms < 1) fail(ErrorKind::input, "autograin: no atoms to assign");
  if (s.n_beads < 1 || s.n_beads > n_atoms)
    fail(ErrorKind::input, "autograin: ", s.n_beads, " beads for ", n_atoms, " atoms; give 1 to ", n_atoms);
  if (frames_xyz.empty()) fail(ErrorKind::input, "autograin: no frames to learn from");
  if (frames_xyz.size() % (3 * static_cast<std::size_t>(n_atoms)) != 0)
    fail(ErrorKind::input, "autograin: ", frames_xyz.size(), " coordinates are no whole number of frames of ",
         n_atoms, " atoms");
  if (s.epochs < 1 || s.batch < 1 || s.max_frames < 1)
    fail(ErrorKind::input, "autograin: ", s.epochs, " epochs of batches of ", s.batch, " out of at most ",
         s.max_frames, " frames; all three must be at least 1");
  if (!(s.learning_rate > 0 && std::isfinite(s.learning_rate)))
    fail(ErrorKind::input, "autograin: learning rate ", s.learning_rate, " is not above 0");
  if (!(s.regularisation >= 0 && std::isfinite(s.regularisation)))
    fail(ErrorKind::input, "autograin: regularisation ", s.regularisation, " is below 0");
  const auto bad =
      std::find_if_not(frames_xyz.begin(), frames_xyz.end(), [](float x) { return std::isfinite(x); });
  if (bad != frames_xyz.end()) {
    const auto at = (bad - frames_xyz.begin()) / 3;
    fail(ErrorKind::numbers, "autograin: frame ", at / n_atoms, ", atom ", at % n_atoms,
         ": coordinate is not finite");
  }
}

// frames [n][atoms][3] with their mean at the origin
std::vector<float> centred(std::vector<float> xyz, int n_atoms) {
  const std::size_t width = 3 * static_cast<std::size_t>(n_atoms);
  for (std::size_t at = 0; at < xyz.size(); at += width)
    for (std::size_t axis = 0; axis < 3; ++axis) {
      double mean = 0;
      for (std::size_t i = axis; i < width; i += 3) mean += static_cast<double>(xyz[at + i]) / n_atoms;
      for (std::size_t i = axis; i < width; i += 3)
        xyz[at + i] = static_cast<float>(static_cast<double>(xyz[at + i]) - mean);
    }
  return xyz;
}

// Fisher-Yates
std::vector<int> shuffled(int n, Rng rng) {
  std::vector<int> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::uint32_t i = static_cast<std::uint32_t>(n); i > 1; --i)
    std::swap(order[i - 1], order[rng.below(i, i)]);
  return order;
}

// [frame][atom][3] -> (A, 3 frames)
void gather_frames(const std::vector<float>& xyz, int n_atoms, const int* frame, int n_frames, float* x_AC) {
  for (int i = 0; i < n_atoms; ++i)
    for (int f = 0; f < n_frames; ++f, x_AC += 3)
      std::copy_n(xyz.data() + 3 * (static_cast<std::size_t>(frame[f]) * n_atoms + i), 3, x_AC);
}

std::vector<int> bead_sizes(const std::vector<int>& bead_of_atom, int n_beads) {
  std::vector<int> size(static_cast<std::size_t>(n_beads));
  for (int b : bead_of_atom) ++size[b];
  return size;
}

// Squared distance of each atom from the mean of its bead, averaged over frames.
std::vector<double> lift_errors(const std::vector<int>& bead_of_atom, int n_beads,
                                const std::vector<float>& xyz) {
  const std::size_t n = bead_of_atom.size(), n_frames = xyz.size() / (3 * n);
  const std::vector<int> size = bead_sizes(bead_of_atom, n_beads);
  std::vector<double> error(n), bead(3 * static_cast<std::size_t>(n_beads));
  for (std::size_t f = 0; f < n_frames; ++f) {
    const float* frame = xyz.data() + 3 * n * f;
    std::fill(bead.begin(), bead.end(), 0.0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < 3; ++k)
        bead[3 * bead_of_atom[i] + k] += static_cast<double>(frame[3 * i + k]) / size[bead_of_atom[i]];
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < 3; ++k) {
        const double r = static_cast<double>(frame[3 * i + k]) - bead[3 * bead_of_atom[i] + k];
        error[i] += r * r / static_cast<double>(n_frames);
      }
  }
  return error;
}

// Gives every empty bead the atom that lies farthest from its own, out of beads that keep another one.
void fill_empty_beads(std::vector<int>& bead_of_atom, int n_beads, const std::vector<float>& xyz) {
  for (int b = 0; b < n_beads; ++b) {
    const std::vector<int> size = bead_sizes(bead_of_atom, n_beads);
    if (size[b] > 0) continue;
    const std::vector<double> error = lift_errors(bead_of_atom, n_beads, xyz);
    int farthest = -1;
    for (int i = 0; i < static_cast<int>(bead_of_atom.size()); ++i)
      if (size[bead_of_atom[i]] > 1 && (farthest < 0 || error[i] > error[farthest])) farthest = i;
    bead_of_atom[farthest] = b;  // there is one: no more beads than atoms
  }
}

// Numbers the beads that have atoms by their first one; returns how many there are.
int number_beads(std::vector<int>& bead_of_atom, int n_beads) {
  std::vector<int> number(static_cast<std::size_t>(n_beads), -1);
  int n = 0;
  for (int& b : bead_of_atom) {
    if (number[b] < 0) number[b] = n++;
    b = number[b];
  }
  return n;
}

}  // namespace

AutograinResult learn_map(Context& context, const AutograinSettings& settings, int n_atoms,
                          const std::vector<float>& frames_xyz,
                          const std::function<void(int epoch, double loss)>& progress) {
  check(settings, n_atoms, frames_xyz);
  const bool anneal = settings.conformance == Conformance::corrected;
  const std::size_t width = 3 * static_cast<std::size_t>(n_atoms);
  const int n_frames =
      static_cast<int>(std::min(frames_xyz.size() / width, static_cast<std::size_t>(settings.max_frames)));
  const int batch = std::min(settings.batch, n_frames), batches = (n_frames + batch - 1) / batch;
  const std::vector<float> xyz = centred(
      {frames_xyz.begin(), frames_xyz.begin() + static_cast<std::ptrdiff_t>(width) * n_frames}, n_atoms);

  Autograin<float> model(n_atoms, settings.n_beads);
  model.initialize(settings.seed);
  Adam<float> adam(model.parameters(), {});
  Tensor<float> noise_AB({n_atoms, settings.n_beads}), x_AC({n_atoms, 3 * batch});
  AutograinResult result;
  std::uint32_t step = 0;
  for (int epoch = 0; epoch < settings.epochs; ++epoch) {
    const std::vector<int> order = shuffled(
        n_frames, {.seed = settings.seed, .step = static_cast<std::uint32_t>(epoch), .op = kFrameOrder});
    const double done = settings.epochs > 1 ? static_cast<double>(epoch) / (settings.epochs - 1) : 1;
    const double cooling = std::max(0.0, (done - kWarmShare) / (1 - kWarmShare));
    const double temperature = anneal ? 1 + cooling * (kLastTemperature - 1) : 1;
    double sum = 0;
    for (int b = 0; b < batches; ++b, ++step) {
      const int first = b * batch, n = std::min(batch, n_frames - first);
      gather_frames(xyz, n_atoms, order.data() + first, n, x_AC.data());
      kernels::fill_gumbel<float>(context.host(), {.seed = settings.seed, .step = step, .op = kGumbelNoise},
                                  noise_AB.ref().flat());
      model.parameters().zero_grads(context);
      Tape<float> tape(context);
      const auto loss = model.loss(tape, ArrayRef<const float>(x_AC.data(), {n_atoms, 3 * n}), noise_AB.ref(),
                                   temperature, settings.regularisation);
      if (!std::isfinite(loss.total.item()))
        fail(ErrorKind::numbers, "autograin: epoch ", epoch, ": the loss is ", loss.total.item(),
             "; check the coordinates or lower the learning rate");
      sum += static_cast<double>(loss.total.item()) * n;
      tape.backward(loss.total);
      adam.step(context, model.parameters(), settings.learning_rate);
    }
    result.loss_per_epoch.push_back(sum / n_frames);
    if (progress) progress(epoch, result.loss_per_epoch.back());
  }

  const View<const float, 2> a_AB(model.assignment().value, {n_atoms, settings.n_beads});
  for (int i = 0; i < n_atoms; ++i)
    result.bead_of_atom.push_back(
        static_cast<int>(std::max_element(a_AB.row(i), a_AB.row(i) + settings.n_beads) - a_AB.row(i)));
  const std::vector<int> size = bead_sizes(result.bead_of_atom, settings.n_beads);
  result.n_empty = static_cast<int>(std::count(size.begin(), size.end(), 0));
  if (settings.conformance == Conformance::corrected)
    fill_empty_beads(result.bead_of_atom, settings.n_beads, xyz);
  result.n_beads = number_beads(result.bead_of_atom, settings.n_beads);
  return result;
}

double lift_error(const std::vector<int>& bead_of_atom, int n_beads, const std::vector<float>& frames_xyz) {
  REGRAIN_CHECK(!bead_of_atom.empty() && frames_xyz.size() % (3 * bead_of_atom.size()) == 0,
                "lift_error: ", frames_xyz.size(), " coordinates, ", bead_of_atom.size(), " atoms");
  const std::vector<double> error = lift_errors(bead_of_atom, n_beads, frames_xyz);
  return std::accumulate(error.begin(), error.end(), 0.0) / static_cast<double>(error.size());
}

}  // namespace regrain::models
