#include "Decimal.h"

#include <cmath>
#include <cstdint>

namespace posecast::plugin {

namespace {

constexpr double kMillionths = 1e6;
// More digits than this would not fit the integers below; no setting has them.
constexpr std::size_t kMostDecimalDigits = 15;

} // namespace

std::string print_decimal(double number) {
  const auto millionths = static_cast<std::int64_t>(std::llround(std::fabs(number) * kMillionths));
  std::string fraction = std::to_string(millionths % 1000000);
  fraction.insert(0, 6 - fraction.size(), '0');
  while (!fraction.empty() && fraction.back() == '0')
    fraction.pop_back();
  std::string text = number < 0 && millionths > 0 ? "-" : "";
  text += std::to_string(millionths / 1000000);
  if (!fraction.empty())
    text += "." + fraction;
  return text;
}

bool read_decimal(std::string_view text, double& number) {
  const bool is_negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+'))
    text.remove_prefix(1);
  std::int64_t digits = 0;
  std::int64_t divisor = 1;
  std::size_t num_digits = 0;
  bool is_behind_point = false;
  for (const char character : text) {
    if (character == '.' && !is_behind_point) {
      is_behind_point = true;
      continue;
    }
    if (character < '0' || character > '9' || ++num_digits > kMostDecimalDigits)
      return false;
    digits = digits * 10 + (character - '0');
    if (is_behind_point)
      divisor *= 10;
  }
  if (num_digits == 0)
    return false;
  number = static_cast<double>(digits) / static_cast<double>(divisor);
  if (is_negative)
    number = -number;
  return true;
}

} // namespace posecast::plugin
