// The golden cases of tests/assets/bridges.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using GoldenCase = std::map<std::string, std::string>;

inline double number_of(const GoldenCase &golden, const std::string &column) {
  return std::stod(golden.at(column));
}

inline std::vector<GoldenCase> golden_cases(const std::string &name) {
  std::ifstream file(std::string(POSECAST_ASSETS) + "/bridges/" + name);
  std::vector<std::string> columns;
  std::vector<GoldenCase> cases;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> cells;
    std::istringstream parts(line);
    for (std::string cell; std::getline(parts, cell, ',');)
      cells.push_back(cell);
    if (columns.empty()) {
      columns = cells;
      continue;
    }
    REQUIRE(cells.size() == columns.size());
    GoldenCase& golden = cases.emplace_back();
    for (std::size_t i = 0; i < cells.size(); ++i)
      golden[columns[i]] = cells[i];
  }
  REQUIRE(cases.size() > 3);
  return cases;
}
