// The golden cases of tests/assets/bridges, which Python, C++ and C# tests all read.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace posecast::core::test {

/// A line of a CSV file, by the names of its columns.
class Case {
public:
  explicit Case(std::map<std::string, std::string> cells) : cells_(std::move(cells)) {}
  const std::string& text(const std::string& column) const { return cells_.at(column); }
  double number(const std::string& column) const { return std::stod(text(column)); }
  float single(const std::string& column) const { return static_cast<float>(number(column)); }

private:
  std::map<std::string, std::string> cells_;
};

inline std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');)
    cells.push_back(cell);
  return cells;
}

inline std::vector<Case> golden_cases(const std::string& name) {
  std::ifstream file(POSECAST_ASSETS "/bridges/" + name);
  REQUIRE(file.good());
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> columns = split(line);
  std::vector<Case> cases;
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = split(line);
    REQUIRE(cells.size() == columns.size());
    std::map<std::string, std::string> named;
    for (std::size_t i = 0; i < columns.size(); ++i)
      named[columns[i]] = cells[i];
    cases.emplace_back(std::move(named));
  }
  REQUIRE_FALSE(cases.empty());
  return cases;
}

} // namespace posecast::core::test
