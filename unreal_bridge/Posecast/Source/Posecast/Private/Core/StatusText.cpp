#include "StatusText.h"

#include <posecast_core.h>

namespace posecast::plugin {

namespace {

std::string with_detail(std::string text, const std::string& detail) {
  return detail.empty() ? text : text + ": " + detail;
}

std::string condition_text(const StatusFacts& facts) {
  switch (facts.condition) {
  case Condition::kClosed:
    return "not connected";
  case Condition::kNoLibrary:
    return with_detail("failed", facts.detail);
  case Condition::kConnecting:
    return with_detail("connecting to " + facts.address, facts.detail);
  case Condition::kWaiting:
    return "waiting for speech; connected to " + facts.address;
  case Condition::kReceiving:
    return "receiving from " + facts.address;
  case Condition::kBehind:
    return "behind: speech is played, and its face has not come yet from " + facts.address;
  case Condition::kReconnecting:
    return with_detail("reconnecting to " + facts.address, facts.detail);
  case Condition::kFailed:
    return with_detail("failed", facts.detail);
  case Condition::kCalibrating:
    return "calibrating without the server; the character now " + facts.detail;
  }
  return "failed";
}

std::string counted(std::uint64_t count, const char* what) {
  return count == 0 ? std::string() : "; " + std::to_string(count) + " " + what;
}

} // namespace

Condition condition_of_state(std::int32_t state) {
  switch (state) {
  case POSECAST_STATE_CONNECTING:
    return Condition::kConnecting;
  case POSECAST_STATE_WAITING:
    return Condition::kWaiting;
  case POSECAST_STATE_RECEIVING:
    return Condition::kReceiving;
  case POSECAST_STATE_BEHIND:
    return Condition::kBehind;
  case POSECAST_STATE_RECONNECTING:
    return Condition::kReconnecting;
  default:
    return Condition::kFailed;
  }
}

std::string status_text(const StatusFacts& facts) {
  return condition_text(facts) + counted(facts.frames_late, "frames were late") +
         counted(facts.frames_dropped, "frames were dropped") +
         counted(facts.underruns, "times the face had to wait") +
         counted(facts.samples_lost, "captured samples were lost");
}

} // namespace posecast::plugin
