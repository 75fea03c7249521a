#include "io/trajectory.hpp"

#include <cctype>
#include <cmath>
#include <utility>

#include "engine/errors.hpp"
#include "io/checks.hpp"
#include "io/frame_source.hpp"
#include "io/model_source.hpp"

namespace regrain::io {
namespace {

bool has_extension(const std::string& path, const std::string& extension) {
  if (path.size() < extension.size()) return false;
  for (size_t i = 0; i < extension.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(path[path.size() - extension.size() + i])) != extension[i])
      return false;
  return true;
}

}  // namespace

bool is_bare_trajectory(const std::string& path) {
  return has_extension(path, ".dcd") || has_extension(path, ".xtc");
}

TrajectoryReader::TrajectoryReader(std::string path, std::unique_ptr<FrameSource> source)
    : path_(std::move(path)), source_(std::move(source)) {}
TrajectoryReader::TrajectoryReader(TrajectoryReader&&) noexcept = default;
TrajectoryReader::~TrajectoryReader() = default;

TrajectoryReader TrajectoryReader::open(const std::string& path, int expected_n_atoms,
                                        const ReadOptions& options) {
  std::unique_ptr<FrameSource> source;
  if (has_extension(path, ".dcd"))
    source = open_dcd(path);
  else if (has_extension(path, ".xtc"))
    source = open_xtc(path);
  else
    source = open_structure_frames(path, options);
  if (expected_n_atoms >= 0 && source->n_atoms() != expected_n_atoms)
    fail(ErrorKind::input, path, ": has ", source->n_atoms(), " atoms; expected ", expected_n_atoms,
         ": give the topology that belongs to this trajectory");
  return TrajectoryReader(path, std::move(source));
}

TrajectoryReader TrajectoryReader::open(const std::string& path, const Structure& top,
                                        const ReadOptions& options) {
  TrajectoryReader reader = open(path, -1, options);
  const int found = reader.n_atoms(), wanted = top.topology.n_atoms();
  if (found == wanted) return reader;
  if (found != top.n_source_atoms)
    fail(ErrorKind::input, path, ": has ", found, " atoms; expected the ", wanted, " of the topology",
         top.n_source_atoms != wanted ? concat(", or all ", top.n_source_atoms, " of its file") : "",
         ": give the topology that belongs to this trajectory");
  reader.selection_A_ = top.source_A;
  return reader;
}

int TrajectoryReader::n_atoms() const {
  return selection_A_.empty() ? source_->n_atoms() : static_cast<int>(selection_A_.size());
}

bool TrajectoryReader::next(Frame& frame) {
  if (!source_->next(frame)) return false;
  if (selection_A_.empty()) return true;
  // ascending indices, so that the atoms move forward in place
  for (size_t i = 0; i < selection_A_.size(); ++i)
    for (size_t k = 0; k < 3; ++k)
      frame.xyz_A3[i * 3 + k] = frame.xyz_A3[static_cast<size_t>(selection_A_[i]) * 3 + k];
  frame.xyz_A3.resize(selection_A_.size() * 3);
  return true;
}

void TrajectoryReader::seek(int64_t frame) { source_->seek(frame); }
int64_t TrajectoryReader::n_frames() { return source_->n_frames(); }
std::string TrajectoryReader::note() const { return source_->note(); }

TrajectoryWriter::TrajectoryWriter(std::string path, const Topology& topology,
                                   std::unique_ptr<FrameSink> sink)
    : path_(std::move(path)), topology_(topology), sink_(std::move(sink)) {}
TrajectoryWriter::TrajectoryWriter(TrajectoryWriter&&) noexcept = default;
TrajectoryWriter::~TrajectoryWriter() = default;

TrajectoryWriter TrajectoryWriter::open(const std::string& path, const Topology& topology,
                                        const WriteOptions& options, int64_t n_frames) {
  if (topology.n_atoms() == 0)
    fail(ErrorKind::usage, path, ": there is no atom to write; expected at least one");
  std::unique_ptr<FrameSink> sink;
  if (has_extension(path, ".gz"))
    fail(ErrorKind::usage, path,
         ": gzipped output is not written; drop .gz and compress the file afterwards");
  if (has_extension(path, ".dcd"))
    sink = create_dcd(path, topology, options);
  else if (has_extension(path, ".xtc"))
    sink = create_xtc(path, topology, options);
  else if (has_cif_extension(path))
    sink = create_cif(path, topology, options);
  else if (has_structure_extension(path))
    sink = create_pdb(path, topology, options, n_frames);
  else
    fail(ErrorKind::usage, path,
         ": the extension names no format; expected .xtc, .dcd, .pdb, .ent, .cif or .mmcif");
  return TrajectoryWriter(path, topology, std::move(sink));
}

void TrajectoryWriter::write(const Frame& frame) {
  REGRAIN_CHECK(sink_, path_, ": a frame came after close, or after a frame that failed");
  // a writer that failed half-way must not be closed into a file
  std::unique_ptr<FrameSink> sink = std::move(sink_);
  REGRAIN_CHECK(frame.n_atoms() == topology_.n_atoms(), path_, ": frame ", n_written_, " has ",
                frame.n_atoms(), " atoms; expected ", topology_.n_atoms(), " as in the topology");
  check_finite(topology_, frame, path_, n_written_);
  sink->write(frame);
  ++n_written_;
  sink_ = std::move(sink);
}

void TrajectoryWriter::close() {
  REGRAIN_CHECK(sink_, path_, ": closed twice, or after a frame that failed");
  const std::unique_ptr<FrameSink> sink = std::move(sink_);
  sink->close();
}

Structure load_frames(const std::vector<std::string>& paths, const std::string& top_path,
                      const ReadOptions& options) {
  if (paths.empty()) fail(ErrorKind::usage, "no trajectory was given; expected at least one file");
  if (top_path.empty() && is_bare_trajectory(paths[0]))
    fail(ErrorKind::usage, paths[0], ": holds coordinates without names; give a structure file with --top");
  ReadOptions first_model = options;
  first_model.max_models = 1;
  Structure loaded = read_structure(top_path.empty() ? paths[0] : top_path, first_model);
  loaded.frames.clear();
  for (const std::string& path : paths) {
    TrajectoryReader reader = TrajectoryReader::open(path, loaded, options);
    Frame frame;
    while (reader.next(frame)) loaded.frames.push_back(frame);
  }
  if (loaded.frames.empty()) fail(ErrorKind::input, paths[0], ": holds no frame; expected at least one");
  return loaded;
}

}  // namespace regrain::io
