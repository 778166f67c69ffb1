#include "CoreLibrary.h"
#include "StatusText.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

using namespace posecast::plugin;

namespace {

StatusFacts facts_of(Condition condition, const std::string& detail = "") {
  StatusFacts facts;
  facts.condition = condition;
  facts.address = "host:1";
  facts.detail = detail;
  return facts;
}

std::uint32_t version = POSECAST_ABI_VERSION;
std::uint32_t fake_abi_version() {
  return version;
}
void fake_function() {}

FindFunction library_without(const std::set<std::string>& missing) {
  return [missing](const char* name) -> void* {
    if (missing.count(name) > 0)
      return nullptr;
    return std::string(name) == "posecast_abi_version" ? reinterpret_cast<void*>(&fake_abi_version)
                                                       : reinterpret_cast<void*>(&fake_function);
  };
}

} // namespace

TEST_CASE("the status tells waiting, receiving, behind and failed apart") {
  CHECK(status_text(facts_of(Condition::kClosed)) == "not connected");
  CHECK(status_text(facts_of(Condition::kConnecting)) == "connecting to host:1");
  CHECK(status_text(facts_of(Condition::kWaiting)) == "waiting for speech; connected to host:1");
  CHECK(status_text(facts_of(Condition::kReceiving)) == "receiving from host:1");
  CHECK(status_text(facts_of(Condition::kBehind)) ==
        "behind: speech is played, and its face has not come yet from host:1");
  CHECK(status_text(facts_of(Condition::kReconnecting, "broken pipe")) ==
        "reconnecting to host:1: broken pipe");
  CHECK(status_text(facts_of(Condition::kFailed, "bad token")) == "failed: bad token");
  CHECK(status_text(facts_of(Condition::kFailed)) == "failed");
  CHECK(status_text(facts_of(Condition::kNoLibrary, "no file")) == "failed: no file");
  CHECK(status_text(facts_of(Condition::kCalibrating, "opens its jaw")) ==
        "calibrating without the server; the character now opens its jaw");
}

TEST_CASE("the status counts what was lost, and only that") {
  StatusFacts facts = facts_of(Condition::kReceiving);
  facts.frames_late = 3;
  facts.samples_lost = 5;
  CHECK(status_text(facts) ==
        "receiving from host:1; 3 frames were late; 5 captured samples were lost");
  facts.frames_dropped = 1;
  facts.underruns = 2;
  CHECK(status_text(facts) == "receiving from host:1; 3 frames were late; 1 frames were dropped; 2 "
                              "times the face had to wait; 5 captured samples were lost");
}

TEST_CASE("each state of the core has its condition") {
  CHECK(condition_of_state(POSECAST_STATE_CONNECTING) == Condition::kConnecting);
  CHECK(condition_of_state(POSECAST_STATE_WAITING) == Condition::kWaiting);
  CHECK(condition_of_state(POSECAST_STATE_RECEIVING) == Condition::kReceiving);
  CHECK(condition_of_state(POSECAST_STATE_BEHIND) == Condition::kBehind);
  CHECK(condition_of_state(POSECAST_STATE_RECONNECTING) == Condition::kReconnecting);
  CHECK(condition_of_state(POSECAST_STATE_FAILED) == Condition::kFailed);
  CHECK(condition_of_state(99) == Condition::kFailed);
  CHECK(condition_of_state(POSECAST_INVALID_ARGUMENT) == Condition::kFailed);
}

TEST_CASE("a complete library fills the table") {
  version = POSECAST_ABI_VERSION;
  CoreFunctions functions;
  CHECK(find_functions("core.so", library_without({}), functions) == "");
#define POSECAST_TEST_IS_FOUND(NAME) CHECK((functions.NAME != nullptr));
  POSECAST_PLUGIN_FUNCTIONS(POSECAST_TEST_IS_FOUND)
#undef POSECAST_TEST_IS_FOUND
}

TEST_CASE("a library that is missing, foreign, too old or too new is told readably") {
  CoreFunctions functions;
  CHECK(missing_library_text("a/core.so").find("could not be loaded from a/core.so") !=
        std::string::npos);
  CHECK(find_functions("core.so", library_without({"posecast_abi_version"}), functions) ==
        "this library is not Posecast's client core: it has no "
        "posecast_abi_version (core.so)");
  version = POSECAST_ABI_VERSION - 1;
  CHECK(find_functions("core.so", library_without({}), functions) ==
        "the client core is too old for this plugin: interface " +
            std::to_string(POSECAST_ABI_VERSION - 1) + ", expected " +
            std::to_string(POSECAST_ABI_VERSION) +
            "; take the library of the same release (core.so)");
  CHECK((functions.create == nullptr));
  version = POSECAST_ABI_VERSION + 1;
  CHECK(find_functions("core.so", library_without({}), functions).find("too new") !=
        std::string::npos);
  version = POSECAST_ABI_VERSION;
  CHECK(find_functions("core.so", library_without({"posecast_sample"}), functions) ==
        "the client core is too old for this plugin: it has no "
        "posecast_sample; take the library "
        "of the same release (core.so)");
  CHECK((functions.create == nullptr));
}
