#include "driver/list_dataset.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>

#include "driver/chemistry.hpp"
#include "driver/interrupt.hpp"
#include "driver/structure_list.hpp"
#include "engine/errors.hpp"
#include "io/checks.hpp"
#include "io/structure.hpp"

namespace regrain::driver {

StageSetup protein_of_atoms(io::Topology fine, const io::Frame& frame, const std::string& file) {
  if (fine.n_atoms() == fine.n_residues())
    fail(ErrorKind::input, file, ": holds alpha carbons alone; this stage learns to place heavy atoms and needs frames that have them");
  if (fine.n_residues() < 3)
    fail(ErrorKind::input, file, ": ", fine.n_residues(), " residues; this stage places the residues between the first and the last, so it needs three or more");
  StageSetup setup;
  setup.disulfides = disulfides_of(fine, frame);
  setup.map = io::ca_map(fine, file);
  setup.coarse = io::subset(fine, io::alpha_carbons(fine, file));
  setup.fine = std::move(fine);
  return setup;
}

namespace {

// A chain goes on under its letter behind a break, as another one.
int end_chains_at_breaks(io::Topology& topology, const io::Frame& frame) {
  std::vector<bool> starts(static_cast<std::size_t>(topology.n_residues()));
  for (const io::Chain& chain : topology.chains) starts[static_cast<std::size_t>(chain.first_residue)] = true;
  int n_breaks = 0;
  for (const io::ChainBreak& b : io::find_chain_breaks(topology, frame)) {
    if (!b.too_far) continue;
    starts[static_cast<std::size_t>(b.residue) + 1] = true;
    ++n_breaks;
  }
  std::vector<io::Chain> chains;
  for (int r = 0; r < topology.n_residues(); ++r) {
    io::Residue& residue = topology.residues[static_cast<std::size_t>(r)];
    if (starts[static_cast<std::size_t>(r)]) chains.push_back({topology.chains[static_cast<std::size_t>(residue.chain)].id, r, 0});
    ++chains.back().n_residues;
    residue.chain = static_cast<int>(chains.size()) - 1;
  }
  topology.chains = std::move(chains);
  topology.check();
  return n_breaks;
}

struct ReadProtein {
  StageSetup setup;
  std::vector<io::Frame> frames;
  io::ReadReport report;
  int n_breaks = 0;
  std::exception_ptr error;
};

ReadProtein read_protein(const std::string& path, const io::ReadOptions& options) {
  ReadProtein out;
  io::Structure read = io::read_structure(path, options);
  for (std::size_t f = 0; f < read.frames.size(); ++f)
    io::check_finite(read.topology, read.frames[f], path, static_cast<std::int64_t>(f));
  io::check_units(read.topology, read.frames.front(), path);
  out.n_breaks = end_chains_at_breaks(read.topology, read.frames.front());
  out.setup = protein_of_atoms(std::move(read.topology), read.frames.front(), path);
  out.frames = std::move(read.frames);
  out.report = std::move(read.report);
  return out;
}

// FNV-1a, 64 bits.
class Hash {
 public:
  void add(const std::string& text) {
    for (const char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  std::string text() const {
    std::string digits(16, '0');
    for (std::size_t i = 0; i < 16; ++i) digits[i] = "0123456789abcdef"[value_ >> (60 - 4 * i) & 15];
    return digits;
  }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

// Each in its place; after a fatal error later ones may be missing.
std::vector<ReadProtein> read_all(const Context& context, const io::Config& config, const std::vector<ListedStructure>& listed) {
  const std::string& list = config.text("data.list");
  std::vector<std::string> folders = config.texts("data.folder");
  if (folders.empty()) folders.push_back(std::filesystem::path(list).parent_path().string());
  const io::ReadOptions options{.drop_unknown = config.flag("data.drop_unknown"),
                                .max_models = static_cast<int>(std::clamp<std::int64_t>(config.integer("data.max_frames"), 1, 1 << 30))};
  const bool skip_bad = config.flag("data.skip_bad");
  const int n = static_cast<int>(listed.size());
  std::vector<ReadProtein> read(listed.size());
  std::atomic<int> first_bad = n;  // where nothing is skipped, what comes behind it needs no reading
#pragma omp parallel for schedule(dynamic, 1) num_threads(context.n_threads())
  for (int i = 0; i < n; ++i) {
    if (i > first_bad || interrupted()) continue;
    const ListedStructure& structure = listed[static_cast<std::size_t>(i)];
    ReadProtein& out = read[static_cast<std::size_t>(i)];
    try {
      const std::string path = find_structure(structure.name, folders);
      if (path.empty()) {
        std::string places;
        for (const std::string& f : folders) places += (places.empty() ? "" : ", ") + (f.empty() ? "." : f);
        fail(ErrorKind::input, list, ":", structure.line, ": there is no ", structure.name, " in ", places,
             "; name its folder in data.folder, or leave such structures out with data.skip_bad");
      }
      out = read_protein(path, options);
    } catch (...) {
      out.error = std::current_exception();
      if (skip_bad) continue;
      for (int seen = first_bad; i < seen && !first_bad.compare_exchange_weak(seen, i);) {}
    }
  }
  if (interrupted()) fail(ErrorKind::interrupted, list, ": interrupted while reading its structures; nothing was written");
  return read;
}

// What is wrong with a structure that may be left out; anything but a bad file is thrown.
std::string reason(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::input && e.kind() != ErrorKind::numbers) throw;
    return e.what();
  }
}

}  // namespace

Dataset load_list(const Context& context, const io::Config& config, const Talk& talk) {
  const std::string& list = config.text("data.list");
  const std::vector<ListedStructure> listed = read_structure_list(list);
  std::vector<ReadProtein> read = read_all(context, config, listed);

  Dataset data;
  ListSummary summary;
  summary.list = std::filesystem::path(list).filename().string();
  Hash hash;
  io::ReadReport changes;
  int n_changed = 0, n_breaks = 0, n_broken = 0, n_bad = 0;
  std::string first_bad;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    ReadProtein& p = read[i];
    if (p.error) {
      if (!config.flag("data.skip_bad")) std::rethrow_exception(p.error);
      const std::string why = reason(p.error);
      if (++n_bad == 1) first_bad = why;
      continue;
    }
    const Part part = listed[i].part;
    ++(part == Part::train ? summary.train : part == Part::validation ? summary.validation : summary.test);
    summary.residues += p.setup.fine.n_residues();
    hash.add(concat(listed[i].name, "\t", static_cast<int>(part), "\t", sequence_of(p.setup.fine), "\t", p.setup.fine.n_atoms(), "\t",
                    p.frames.size(), "\n"));
    n_changed += p.report.summary().empty() ? 0 : 1;
    changes.add(p.report);
    n_breaks += p.n_breaks;
    n_broken += p.n_breaks > 0 ? 1 : 0;
    std::vector<int>& frames = part == Part::train ? data.split.train : part == Part::validation ? data.split.validation : data.split.test;
    for (io::Frame& f : p.frames) {
      frames.push_back(static_cast<int>(data.frames.size()));
      data.protein.push_back(static_cast<int>(data.proteins.size()));
      data.frames.push_back(std::move(f));
    }
    data.proteins.push_back(std::move(p.setup));
  }
  if (n_bad > 0) talk(concat(list, ": ", n_bad, " of ", listed.size(), " structures left out, the first: ", first_bad));
  if (data.split.train.empty()) fail(ErrorKind::input, list, ": no structure of part train can be used");
  if (n_changed > 0) talk(concat(list, ": changes in ", n_changed, " files: ", changes.summary()));
  if (n_breaks > 0) talk(concat(list, ": ", n_breaks, " chain breaks in ", n_broken, " files: no bond there"));
  summary.hash = hash.text();
  data.trained_on.list = std::move(summary);
  return data;
}

}  // namespace regrain::driver
