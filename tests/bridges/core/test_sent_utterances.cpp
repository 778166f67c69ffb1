#include "sent_utterances.h"

#include <doctest/doctest.h>

using namespace posecast::core;
using doctest::Approx;
using State = SentUtterance::State;

TEST_CASE("utterances are found by the server's number and by ours") {
  SentUtterances sent;
  sent.open(7, 30).state = State::kIsEnding;
  sent.open(9, 0);
  CHECK(sent.by_server_index(0)->utterance == 7);
  CHECK(sent.by_utterance(9)->server_index == 1);
  CHECK(sent.by_server_index(2) == nullptr);
  CHECK(sent.by_utterance(8) == nullptr);
  CHECK(sent.current()->utterance == 9);
  CHECK(sent.next_server_index() == 2);
}

TEST_CASE("an interrupt ends all that is under way") {
  SentUtterances sent;
  sent.open(0, 0).state = State::kEnded;
  sent.open(1, 0).state = State::kIsEnding;
  sent.open(2, 0);
  sent.stop_all();
  CHECK(sent.current() == nullptr);
  CHECK(sent.by_utterance(0)->state == State::kEnded);
  CHECK(sent.by_utterance(1)->state == State::kWasStopped);
  CHECK(sent.by_utterance(2)->state == State::kWasStopped);
  CHECK(sent.has_owed_end());
}

TEST_CASE("audio is in flight until its frames are there") {
  SentUtterances sent;
  SentUtterance& first = sent.open(0, 0);
  first.num_samples = 32000;
  first.num_frames = 25;
  CHECK(sent.in_flight_s(16000, 25) == Approx(1));
  CHECK_FALSE(sent.has_owed_end());
  first.state = State::kEnded;
  CHECK(sent.in_flight_s(16000, 25) == Approx(0));
  CHECK_FALSE(sent.has_unended());
}

TEST_CASE("ended utterances are kept for a while, others always") {
  SentUtterances sent;
  for (std::uint32_t i = 0; i < 2 * SentUtterances::kMostKept; ++i)
    sent.open(i, 0).state = State::kEnded;
  CHECK(sent.by_utterance(0) == nullptr);
  CHECK(sent.by_utterance(SentUtterances::kMostKept) != nullptr);
}
