#include "HeadScale.h"

#include "Decimal.h"

#include <array>
#include <cmath>

namespace posecast::plugin {

namespace {

struct HeadPreset {
  const char* name;
  HeadScale scale;
};

constexpr std::array<HeadPreset, 3> kHeadPresets{
    {{"metahuman", kMetaHumanHead}, {"arkit", kArkitHead}, {"degrees", kDegreesHead}}};

} // namespace

std::string read_head_scale(std::string_view text, HeadScale& scale) {
  for (const HeadPreset& preset : kHeadPresets)
    if (text == preset.name) {
      scale = preset.scale;
      return {};
    }
  const std::string fault = "head scale '" + std::string(text) +
                            "'; allowed: metahuman, arkit, degrees, or three numbers "
                            "YAW,PITCH,ROLL from -10 to 10";
  HeadScale given;
  std::size_t num_read = 0;
  for (double* number : {&given.yaw, &given.pitch, &given.roll}) {
    const std::size_t comma = text.find(',');
    if (!read_decimal(text.substr(0, comma), *number) || std::fabs(*number) > kMostHeadScale)
      return fault;
    const bool is_last = ++num_read == 3;
    if (is_last != (comma == std::string_view::npos))
      return fault;
    text.remove_prefix(is_last ? 0 : comma + 1);
  }
  scale = given;
  return {};
}

std::string print_head_scale(const HeadScale& scale) {
  for (const HeadPreset& preset : kHeadPresets)
    if (scale == preset.scale)
      return preset.name;
  return print_decimal(scale.yaw) + "," + print_decimal(scale.pitch) + "," +
         print_decimal(scale.roll);
}

} // namespace posecast::plugin
