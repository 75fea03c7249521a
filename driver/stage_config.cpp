#include "driver/stage_config.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/errors.hpp"
#include "models/allatom/augmentation.hpp"
#include "models/allatom/networks.hpp"

namespace regrain::driver {

namespace {

constexpr double kHuge = 1e9;

void add_data_keys(io::ConfigSchema& s, const std::string& kind) {
  const bool many = is_transferable(kind);
  s.texts("data.trajectory", {}, std::string("files of frames") + (many ? " of one protein" : "") + ": pdb, cif, dcd or xtc, joined in this order");
  if (!many) s.required();
  s.text("data.topology", "", "pdb or cif that names the atoms; empty: the first trajectory file does");
  s.flag("data.drop_unknown", false, "leave unknown residues out instead of stopping");
  s.integer("data.max_frames", 0, 0, io::ConfigSchema::kMax,
            std::string("take this many frames at most; 0: all") + (many ? ", of each structure of a list the first model" : ""));
  s.text("data.split", "contiguous", "which 80 % of the frames train, 10 % validate and 10 % test", {"contiguous", "random"});
  if (many) {
    s.text("data.list", "", "many proteins, in place of data.trajectory: a text file, one structure a line with its part, which is train, validation, "
           "test or left_out; further columns and lines of # are for people");
    s.texts("data.folder", {}, "where the files of data.list lie, the first that has one; empty: the folder of the list");
    s.flag("data.skip_bad", false, "leave structures of data.list out that can't be used instead of stopping");
  }
  if (kind == "cgvae") {
    s.text("data.fine", "ca", "particles to be made: alpha carbons, all heavy atoms, or all that a file of beads holds", {"ca", "heavy", "all"});
    s.text("data.map", "fixed", "beads: \"fixed\" (equal pieces of the sequence), \"ca\", \"autograin\" (learned), or a map's file, by particle or by residue");
    s.integer("data.beads", 4, 1, 1000000, "number of beads for \"fixed\" and \"autograin\"");
  }
}

void add_cgvae_keys(io::ConfigSchema& s) {
  const models::CgvaeConfig d;
  s.integer("model.channels", d.channels, 1, 8192, "features a bead; at least the atoms of the largest bead");
  s.integer("model.n_rbf", d.n_rbf, 1, 64, "radial functions of the filters");
  s.integer("model.encoder_layers", d.encoder_layers, 1, 100, "message layers of encoder and prior");
  s.integer("model.decoder_layers", d.decoder_layers, 1, 100, "message layers of the decoder");
  s.number("model.atom_cutoff", d.atom_cutoff, 0.1, kHuge, "Angstrom, between fine particles");
  s.number("model.bead_cutoff", d.bead_cutoff, 0.1, kHuge, "Angstrom, between beads");
  s.number("model.atom_neighbors", 0, 0, kHuge, "divides the encoder's message sums; 0: mean number of neighbours in training");
  s.number("model.bead_neighbors", 0, 0, kHuge, "the same for prior and decoder");
  s.integer("loss.edge_order", 2, 1, 100, "the graph loss watches pairs up to this many bonds apart");
  s.number("loss.gamma", 1, 0, kHuge, "weight of the graph loss");
}

void add_genzprot_keys(io::ConfigSchema& s) {
  const models::GenzprotConfig d;
  const models::GenzprotWeights w;
  s.integer("model.latent", d.latent, 1, 4096, "latent variables a residue");
  s.integer("model.n_rbf", d.n_rbf, 1, 64, "radial functions of the decoder");
  s.integer("model.decoder_layers", d.decoder_layers, 1, 100, "message layers of the decoder");
  s.number("model.atom_cutoff", d.atom_cutoff, 0.1, kHuge, "Angstrom, between atoms");
  s.number("model.residue_cutoff", d.residue_cutoff, 0.1, kHuge, "Angstrom, between alpha carbons");
  s.number("loss.delta", w.delta, 0, kHuge, "weight of the torsion loss");
  s.number("loss.eta", w.eta, 0, kHuge, "weight of the squared displacement of atoms; 0 in the first epoch");
  s.number("loss.zeta", w.zeta, 0, kHuge, "weight of overlaps; 0 in the first epoch");
}

void add_allatom_keys(io::ConfigSchema& s) {
  const models::allatom::Config d;
  const models::allatom::LossWeights w;
  s.integer("model.channels", d.channels, 16, 4096, "features a residue, a multiple of 16");
  s.integer("model.layers", d.layers, 1, 100, "message layers");
  s.integer("model.backbone_channels", d.backbone_channels, 1, 4096, "hidden features of the backbone's network");
  s.integer("model.neighbors", d.neighbors, 1, 1000, "nearest residues that send messages to one");
  s.number("model.cutoff", d.cutoff, 0.1, kHuge, "Angstrom between alpha carbons, no messages beyond");
  s.integer("model.latent", d.latent, 0, kernels::kMaxLatent, "latent variables a residue; 0: none, chi angles are drawn bin by bin alone");
  s.integer("model.bins", d.bins, 4, kernels::kMaxAngleBins, "of a chi angle's full turn");
  s.integer("model.members", d.members, 1, 100, "sets of weights trained side by side, which make a mixture");
  s.number("loss.backbone", w.backbone, 0, kHuge, "weight of the squared displacement of backbone atoms, 1/Angstrom^2");
  s.number("train.dropout", 0.1, 0, 0.9, "share of what layers add that is left out at a training step");
  s.number("train.edge_dropout", 0, 0, 0.9, "share of the messages between residues that is left out at a training step");
  s.number("train.ca_noise", 0.2, 0, 10, "largest spread of noise on alpha carbons, Angstrom");
  s.number("train.noisy_share", 0.5, 0, 1, "share of training frames that get noise on alpha carbons");
}

// of the published models
void add_conformance_keys(io::ConfigSchema& s) {
  s.text("model.conformance", "corrected", "mend the published code's defects or reproduce them", {"corrected", "reference"});
  s.text("model.activation", "swish", "nonlinearity of the message networks",
         {"swish", "relu", "tanh", "sigmoid", "shifted_softplus", "leaky_relu", "elu"});
}

void add_training_keys(io::ConfigSchema& s, const std::string& kind) {
  const bool stage1 = kind == "cgvae", own = kind == "allatom";
  s.number("loss.beta", stage1 ? 1e-3 : own ? 1 : 0.05, 0, kHuge, "weight of the KL divergence");
  s.number("loss.beta_start", -1, -1, kHuge, "weight of the KL divergence at the first step; -1: loss.beta");
  s.integer("loss.beta_steps", 0, 0, io::ConfigSchema::kMax, "steps from loss.beta_start to loss.beta");
  s.integer("train.seed", 1, 0, io::ConfigSchema::kMax, "of initial weights, noise, order and split");
  s.integer("train.epochs", 100, 1, 1000000, "passes over the training frames");
  s.integer("train.batch", 4, 1, 100000, "frames a batch");
  s.integer("train.accumulate", 1, 1, 10000, "batches whose gradients make one step");
  s.number("train.learning_rate", stage1 ? 2e-4 : own ? 2e-3 : 1e-3, 0, 10, "of Adam, at the start");
  s.text("train.schedule", own ? "cosine" : "plateau",
         "how the learning rate falls: when the validation loss stops falling, or as half a cosine from the first step to the last", {"plateau", "cosine"});
  s.integer("train.warmup_steps", own ? 100 : 0, 0, io::ConfigSchema::kMax, "steps in which the learning rate rises from 0");
  s.number("train.weight_decay", own ? 0.01 : 0, 0, kHuge, "what a parameter loses of itself a step, times the learning rate");
  s.number("train.clip_norm", stage1 ? 0.01 : own ? 1 : 5, 0, kHuge, "the gradient's norm is cut to this; 0: not cut");
  s.flag("train.shuffle", true, "a new order of frames each epoch");
  s.number("train.plateau_factor", stage1 ? 0.6 : 0.3, 0.001, 1, "multiplies the learning rate when the validation loss stops falling");
  s.integer("train.plateau_patience", stage1 ? 2 : 5, 0, 100000, "epochs without progress before that");
  s.number("train.plateau_threshold", 1e-3, 0, 1, "relative progress that counts");
  s.number("train.min_learning_rate", stage1 ? 5e-8 : 1e-8, 0, 1, "where the plateau rule ends");
  s.integer("train.early_stop", 20, 1, 1000000, "epochs without progress before training ends");
}

}  // namespace

bool is_transferable(const std::string& kind) {
  static const std::vector<std::string> kinds{"allatom", "genzprot"};
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

const std::vector<std::string>& model_kinds() {
  static const std::vector<std::string> kinds{"cgvae", "allatom", "genzprot"};
  return kinds;
}

io::ConfigSchema training_schema(const std::string& kind) {
  io::ConfigSchema s;
  s.text("model.kind", kind, "cgvae: beads to finer particles of one protein; allatom: alpha carbons to all atoms; genzprot: the same as published",
         model_kinds())
      .required();
  const auto& kinds = model_kinds();
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
    fail(ErrorKind::usage, "model kind \"", kind, "\" is unknown; one of: cgvae, allatom, genzprot");
  add_data_keys(s, kind);
  if (kind == "cgvae") add_cgvae_keys(s);
  else if (kind == "genzprot") add_genzprot_keys(s);
  else add_allatom_keys(s);
  if (kind != "allatom") add_conformance_keys(s);
  add_training_keys(s, kind);
  return s;
}

namespace {

// model.kind as it stands, before the schema that depends on it; "cgvae" where it can't be read, so
// that the strict reader says what is wrong.
std::string kind_of(const std::string& text, const std::vector<std::string>& overrides) {
  std::string kind = "cgvae";
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_object() && json.contains("model") && json["model"].is_object() && json["model"].contains("kind") &&
      json["model"]["kind"].is_string())
    kind = json["model"]["kind"];
  for (const std::string& o : overrides)
    if (o.starts_with("model.kind=")) kind = o.substr(11);
  const auto& kinds = model_kinds();
  return std::find(kinds.begin(), kinds.end(), kind) == kinds.end() ? "cgvae" : kind;
}

// Of a transferable kind: frames of one protein or a list of many, and no keys that belong to the other.
io::Config with_one_source(io::Config config) {
  if (!is_transferable(config.text("model.kind"))) return config;
  const bool frames = !config.texts("data.trajectory").empty(), list = !config.text("data.list").empty();
  if (frames == list)
    fail(ErrorKind::input, config.file(), frames ? ": names both data.trajectory and data.list; keep one of them: " : ": names no training data; give one of ",
         "data.trajectory (frames of one protein) or data.list (many proteins)");
  if (list && !config.text("data.topology").empty())
    fail(ErrorKind::input, config.file(), ": data.topology belongs to data.trajectory; structures of data.list name their atoms themselves, leave it empty");
  if (frames && (!config.texts("data.folder").empty() || config.flag("data.skip_bad")))
    fail(ErrorKind::input, config.file(), ": data.folder and data.skip_bad belong to data.list; leave them out beside data.trajectory");
  return config;
}

}  // namespace

io::Config load_training_config(const std::string& path, const std::vector<std::string>& overrides) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return with_one_source(io::Config::load(path, training_schema(kind_of(text.str(), overrides)), overrides));
}

io::Config parse_training_config(const std::string& text, const std::string& place) {
  return with_one_source(io::Config::parse(text, place, training_schema(kind_of(text, {}))));
}

bool is_reference(const io::Config& c) {
  return c.text("model.kind") != "allatom" && c.text("model.conformance") == "reference";
}

namespace {

models::Conformance conformance(const io::Config& c) {
  return is_reference(c) ? models::Conformance::reference : models::Conformance::corrected;
}

}  // namespace

models::CgvaeConfig cgvae_config(const io::Config& c) {
  models::CgvaeConfig m;
  m.channels = static_cast<int>(c.integer("model.channels"));
  m.n_rbf = static_cast<int>(c.integer("model.n_rbf"));
  m.encoder_layers = static_cast<int>(c.integer("model.encoder_layers"));
  m.decoder_layers = static_cast<int>(c.integer("model.decoder_layers"));
  m.atom_cutoff = c.number("model.atom_cutoff");
  m.bead_cutoff = c.number("model.bead_cutoff");
  m.atom_neighbors = c.number("model.atom_neighbors");
  m.bead_neighbors = c.number("model.bead_neighbors");
  m.activation = kernels::activation_from_name(c.text("model.activation"));
  m.conformance = conformance(c);
  if (m.reference()) m.atom_neighbors = m.bead_neighbors = 1;  // the published sums are plain
  return m;
}

models::allatom::Config allatom_config(const io::Config& c) {
  models::allatom::Config m;
  m.channels = static_cast<int>(c.integer("model.channels"));
  m.layers = static_cast<int>(c.integer("model.layers"));
  m.backbone_channels = static_cast<int>(c.integer("model.backbone_channels"));
  m.neighbors = static_cast<int>(c.integer("model.neighbors"));
  m.cutoff = c.number("model.cutoff");
  m.latent = static_cast<int>(c.integer("model.latent"));
  m.bins = static_cast<int>(c.integer("model.bins"));
  m.members = static_cast<int>(c.integer("model.members"));
  const int planes = models::allatom::dropout_planes(m);
  if (planes > models::allatom::kMostDropoutPlanes)
    fail(ErrorKind::input, c.file(), ": ", m.members, " members of ", m.layers, " layers take ", planes, " planes of dropout, there are ",
         models::allatom::kMostDropoutPlanes, "; take fewer of model.members or of model.layers");
  if (m.channels % 16 != 0)
    fail(ErrorKind::input, c.file(), ": model.channels is ", m.channels, "; it must be a multiple of 16");
  return m;
}

models::GenzprotConfig genzprot_config(const io::Config& c) {
  models::GenzprotConfig m;
  m.latent = static_cast<int>(c.integer("model.latent"));
  m.n_rbf = static_cast<int>(c.integer("model.n_rbf"));
  m.decoder_layers = static_cast<int>(c.integer("model.decoder_layers"));
  m.atom_cutoff = c.number("model.atom_cutoff");
  m.residue_cutoff = c.number("model.residue_cutoff");
  m.activation = kernels::activation_from_name(c.text("model.activation"));
  m.conformance = conformance(c);
  return m;
}

}  // namespace regrain::driver
