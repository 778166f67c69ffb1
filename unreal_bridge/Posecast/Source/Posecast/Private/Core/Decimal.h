// Decimal numbers as text, the same in every locale.
#pragma once

#include <string>
#include <string_view>

namespace posecast::plugin {

/// At most six digits behind the point and no needless zeros, e.g. "0.02", "-1", "50".
std::string print_decimal(double number);

/// Reads what people write, e.g. "0.02" or "-1"; no exponents. False where it is no number.
bool read_decimal(std::string_view text, double& number);

} // namespace posecast::plugin
