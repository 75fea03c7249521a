#include "driver/given_sequence.hpp"

#include <algorithm>
#include <filesystem>

#include "driver/chemistry.hpp"
#include "engine/errors.hpp"
#include "io/line_source.hpp"

namespace regrain::driver {

namespace {

void add_letters(const std::string& from, const std::string& place, std::string& letters) {
  for (char c : from) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '*') continue;  // FASTA may end a chain with a star
    const char upper = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    if (residue_of_letter(upper).empty())
      fail(ErrorKind::input, place, ": letter ", letters.size() + 1, " is ", "'", c, "'", ", not the code of a standard residue; is this a sequence of one-letter codes, or the name of a file that doesn't exist?");
    letters += upper;
  }
}

// Records of a FASTA file; without a header all of it is one.
std::vector<std::string> read_fasta(const std::string& path) {
  std::vector<std::string> records;
  io::LineSource lines(path);
  std::string line;
  while (lines.next(line)) {
    if (line.empty() || line.front() == ';') continue;
    if (line.front() == '>') {
      records.emplace_back();
      continue;
    }
    if (records.empty()) records.emplace_back();
    add_letters(line, concat(path, ":", lines.line_number()), records.back());
  }
  return records;
}

std::vector<std::string> split_letters(const std::string& text) {
  std::vector<std::string> chains;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    add_letters(text.substr(begin, end - begin), concat("--sequence, chain ", chains.size() + 1), chains.emplace_back());
    begin = end + 1;
  }
  return chains;
}

}  // namespace

GivenSequence::GivenSequence(const std::string& text) {
  const bool file = std::filesystem::is_regular_file(text);
  place_ = file ? text : "--sequence";
  chains_ = file ? read_fasta(text) : split_letters(text);
  if (chains_.empty() || std::any_of(chains_.begin(), chains_.end(), [](const std::string& c) { return c.empty(); }))
    fail(ErrorKind::input, place_, ": a chain without residues; give one-letter codes, chains apart by /, or a FASTA file");
}

int GivenSequence::n_residues() const {
  std::size_t n = 0;
  for (const std::string& c : chains_) n += c.size();
  return static_cast<int>(n);
}

void GivenSequence::name_residues(io::Topology& trace, const std::string& file) const {
  if (n_residues() != trace.n_residues())
    fail(ErrorKind::input, place_, ": ", n_residues(), " residues, but ", file, " has ", trace.n_residues());
  if (chains_.size() > 1) {
    if (chains_.size() != trace.chains.size())
      fail(ErrorKind::input, place_, ": ", chains_.size(), " chains, but ", file, " has ", trace.chains.size());
    for (std::size_t c = 0; c < chains_.size(); ++c)
      if (static_cast<int>(chains_[c].size()) != trace.chains[c].n_residues)
        fail(ErrorKind::input, place_, ": chain ", c + 1, " has ", chains_[c].size(), " residues, but chain ", trace.chains[c].id, " of ", file,
             " has ", trace.chains[c].n_residues);
  }
  std::size_t r = 0;
  for (const std::string& c : chains_)
    for (char letter : c) trace.residues[r++].name = residue_of_letter(letter);
}

io::Topology GivenSequence::trace() const {
  io::Topology t;
  for (std::size_t c = 0; c < chains_.size(); ++c) {
    std::string id;
    for (std::size_t k = c + 1; k > 0; k = (k - 1) / 26) id.insert(id.begin(), static_cast<char>('A' + (k - 1) % 26));
    t.chains.push_back({id, t.n_residues(), static_cast<int>(chains_[c].size())});
    for (std::size_t i = 0; i < chains_[c].size(); ++i) {
      t.atoms.push_back({"CA", "C", t.n_residues()});
      t.residues.push_back({residue_of_letter(chains_[c][i]), static_cast<int>(i) + 1, ' ', static_cast<int>(c), t.n_atoms() - 1, 1});
    }
  }
  return t;
}

}  // namespace regrain::driver
