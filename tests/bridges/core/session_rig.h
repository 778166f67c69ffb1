// A session whose server and clock are in the test's hand.
#pragma once

#include "messages.h"
#include "session.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace posecast::core::test {

inline Options options_of(bool follows_audio = false) {
  Options options;
  options.address = "test:1";
  options.sample_rate_hz = 16000;
  options.follows_audio = follows_audio;
  return options;
}

struct SessionRig {
  explicit SessionRig(const Options& options = options_of()) : session(options) {}

  v1::AnimateRequest connect(double at_s, const v1::AnimateResponse& answer = header()) {
    v1::AnimateRequest config;
    session.begin_stream(at_s, config);
    CHECK(session.handle(answer, at_s));
    return config;
  }
  std::size_t push(double duration_s) {
    const std::vector<std::int16_t> values(static_cast<std::size_t>(duration_s * 16000), 100);
    return session.push_audio(values);
  }
  /// What the session wants to send; audio is only counted.
  std::vector<v1::AnimateRequest> sent(double at_s) {
    std::vector<v1::AnimateRequest> requests;
    v1::AnimateRequest request;
    while (session.next_request(at_s, request)) {
      if (request.has_audio())
        sent_s += static_cast<double>(request.audio().data().size()) / 32000;
      else
        requests.push_back(request);
    }
    return requests;
  }
  std::vector<FrameKey> poll(double until_s) {
    std::vector<FrameKey> keys;
    for (; now_s < until_s; now_s += 0.004) {
      ShownFrame shown;
      while (session.poll(now_s, shown))
        if (!shown.is_local)
          keys.push_back(shown.frame.key);
    }
    return keys;
  }
  std::vector<Event> events(EventKind kind) {
    std::vector<Event> found;
    Event event;
    while (session.poll_event(event))
      if (event.kind == kind)
        found.push_back(event);
    return found;
  }

  Session session;
  double sent_s = 0;
  double now_s = 0;
};

} // namespace posecast::core::test
