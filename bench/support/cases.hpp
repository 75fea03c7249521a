// Inputs of the benchmarks: the sizes of the published runs, on coordinates of real proteins.
//
// Stage 1 takes the 181 alpha carbons of a golden case (a piece of adenylate kinase), stage 2 copies of
// trp-cage packed until an atom has as many neighbours as in a folded protein. Further frames are the first
// one with 0.3 Angstrom of noise. Weights are a fixed random start.
#pragma once

#include <memory>
#include <vector>

#include "autodiff/adam.hpp"
#include "models/cgvae/cgvae.hpp"
#include "models/genzprot/genzprot.hpp"

namespace regrain::bench {

// What a training step of a model takes, whichever model it is. Batches and noise are made on the host and lie where
// the context works.
struct Job {
  Job(Device device, int n_threads) : context(device, n_threads) {}
  virtual ~Job() = default;
  // forward, backward, clipping and Adam; returns the loss
  virtual double train_step() = 0;
  // a draw of the prior for every frame: xyz (A,3) in the backend's memory, which stays until the next call
  virtual ArrayRef<const float> sample() = 0;
  virtual const ParameterSet<float>& parameters() const = 0;
  // What the two must compute at least, counted in job_flops.cpp.
  virtual double step_flops() const = 0;
  virtual double sample_flops() const = 0;

  Context context;
};

struct Stage1Size {
  models::CgvaeConfig config;
  int n_beads, n_frames;
  double beta, gamma;
};
Stage1Size paper_size(int n_frames);      // F 472, 10 beads: run 1xgt0cil of the paper's authors
Stage1Size lean_size(int n_frames);       // F 128, 19 beads
Stage1Size fine_bead_size(int n_frames);  // F 563, 50 beads: run t6gcmgrz

struct Stage1Job final : Job {
  // a job for sampling can't train
  Stage1Job(const Stage1Size& size, int n_threads, models::TraceUse use = models::TraceUse::training,
            Device device = Device::cpu);
  double train_step() override;
  ArrayRef<const float> sample() override;
  const ParameterSet<float>& parameters() const override { return model->parameters(); }
  double step_flops() const override;
  double sample_flops() const override;
  void make_batch();
  // the same on the CPU from frames made before, as in training from the second epoch on
  void prepare_frames();
  void join_frames();
  double frame_bytes() const { return static_cast<double>(bytes_of(bead_frames.front()) + bytes_of(atom_frames.front())); }

  Stage1Size size;
  models::TraceUse use;
  models::BeadSystem system;
  std::vector<float> atom_xyz, bead_xyz;
  std::unique_ptr<models::Cgvae<float>> model;
  std::unique_ptr<Adam<float>> adam;
  models::BeadBatch<float> beads;
  models::AtomBatch<float> atoms;
  std::vector<models::BeadBatch<float>> bead_frames;
  std::vector<models::AtomBatch<float>> atom_frames;
  Tensor<float> eps;
};

struct Stage2Job final : Job {
  // residues that are placed, in each of the frames; a job for sampling can't train
  Stage2Job(int n_residues, int n_frames, int n_threads, models::TraceUse use = models::TraceUse::training,
            Device device = Device::cpu);
  double train_step() override;
  ArrayRef<const float> sample() override;
  const ParameterSet<float>& parameters() const override { return model->parameters(); }
  double step_flops() const override;
  double sample_flops() const override;
  void make_batch();
  void prepare_frames();  // see Stage1Job
  void join_frames();
  double frame_bytes() const { return static_cast<double>(bytes_of(trace_frames.front()) + bytes_of(protein_frames.front())); }

  models::TraceUse use;
  models::GenzprotConfig config;
  models::Protein protein;
  std::vector<float> trace_xyz, atom_xyz;
  std::vector<models::ProteinFrame<float>> frames;
  std::unique_ptr<models::Genzprot<float>> model;
  std::unique_ptr<Adam<float>> adam;
  models::TraceBatch<float> trace;
  models::ProteinBatch<float> atoms;
  std::vector<models::TraceBatch<float>> trace_frames;
  std::vector<models::ProteinBatch<float>> protein_frames;
  Tensor<float> eps;
};

}  // namespace regrain::bench
