// The models of a PDB or mmCIF file as a trajectory. Every model is cleaned like the first and must
// have its atoms.
#include <utility>

#include "engine/errors.hpp"
#include "io/clean_model.hpp"
#include "io/frame_source.hpp"
#include "io/model_source.hpp"

namespace regrain::io {
namespace {

class StructureFrames final : public FrameSource {
 public:
  StructureFrames(const std::string& path, const ReadOptions& options) : path_(path), options_(options) {
    rewind();
    Frame first;
    next(first);
    rewind();
  }

  int n_atoms() const override { return topology_.n_atoms(); }

  bool next(Frame& frame) override {
    RawModel raw;
    if (!source_->next(raw)) return false;
    ReadReport ignored;
    CleanModel model = clean_model(raw, path_, options_, ignored);
    if (topology_.n_atoms() == 0)
      topology_ = std::move(model.topology);
    else
      check_same_atoms(topology_, model.topology, path_, raw.label);
    frame = std::move(model.frame);
    frame.time = static_cast<double>(index_);
    frame.step = static_cast<int>(index_);
    ++index_;
    return true;
  }

  void seek(int64_t frame) override {
    if (frame < index_) rewind();
    RawModel raw;
    while (index_ < frame && source_->next(raw)) ++index_;
    if (frame < 0 || index_ < frame)
      fail(ErrorKind::input, path_, ": has no frame ", frame, "; expected one of the ", index_,
           " models, counted from 0");
  }

  int64_t n_frames() override {
    if (n_frames_ < 0) {
      const std::unique_ptr<ModelSource> all = open_models(path_, options_.beads);
      RawModel raw;
      for (n_frames_ = 0; all->next(raw);) ++n_frames_;
    }
    return n_frames_;
  }

 private:
  void rewind() {
    source_ = open_models(path_, options_.beads);
    index_ = 0;
  }

  std::string path_;
  ReadOptions options_;
  std::unique_ptr<ModelSource> source_;
  Topology topology_;
  int64_t index_ = 0, n_frames_ = -1;
};

}  // namespace

std::unique_ptr<FrameSource> open_structure_frames(const std::string& path, const ReadOptions& options) {
  return std::make_unique<StructureFrames>(path, options);
}

}  // namespace regrain::io
