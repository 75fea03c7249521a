// Topologies in checkpoints: columns of names and numbers, compact and readable.
#include <nlohmann/json.hpp>

#include "driver/chemistry.hpp"
#include "engine/errors.hpp"

namespace regrain::driver {

using nlohmann::json;

std::string topology_to_json(const io::Topology& topology) {
  json atoms = json::object(), residues = json::object(), chains = json::object();
  for (const char* key : {"name", "element", "residue"}) atoms[key] = json::array();
  for (const char* key : {"name", "number", "insertion", "chain"}) residues[key] = json::array();
  chains["id"] = json::array();
  for (const auto& a : topology.atoms) {
    atoms["name"].push_back(a.name);
    atoms["element"].push_back(a.element);
    atoms["residue"].push_back(a.residue);
  }
  for (const auto& r : topology.residues) {
    residues["name"].push_back(r.name);
    residues["number"].push_back(r.number);
    residues["insertion"].push_back(std::string(1, r.insertion));
    residues["chain"].push_back(r.chain);
  }
  for (const auto& c : topology.chains) chains["id"].push_back(c.id);
  return json{{"atoms", atoms}, {"residues", residues}, {"chains", chains}}.dump();
}

io::Topology topology_from_json(const std::string& text, const std::string& place) {
  try {
    const json j = json::parse(text);
    io::Topology t;
    for (const auto& id : j.at("chains").at("id")) t.chains.push_back({id.get<std::string>(), 0, 0});
    const json &residues = j.at("residues"), &atoms = j.at("atoms");
    for (std::size_t r = 0; r < residues.at("name").size(); ++r) {
      io::Residue residue;
      residue.name = residues.at("name").at(r);
      residue.number = residues.at("number").at(r);
      residue.insertion = residues.at("insertion").at(r).get<std::string>().at(0);
      residue.chain = residues.at("chain").at(r);
      io::Chain& chain = t.chains.at(static_cast<std::size_t>(residue.chain));
      if (chain.n_residues++ == 0) chain.first_residue = static_cast<int>(r);
      t.residues.push_back(residue);
    }
    for (std::size_t a = 0; a < atoms.at("name").size(); ++a) {
      const int r = atoms.at("residue").at(a);
      io::Residue& residue = t.residues.at(static_cast<std::size_t>(r));
      if (residue.n_atoms++ == 0) residue.first_atom = static_cast<int>(a);
      t.atoms.push_back({atoms.at("name").at(a), atoms.at("element").at(a), r});
    }
    t.check();
    return t;
  } catch (const std::exception& e) {  // json's, vector's and our own: all mean a damaged file
    fail(ErrorKind::checkpoint, place, ": the topology stored in it can't be read (", e.what(), "); train again or take another copy");
  }
}

}  // namespace regrain::driver
