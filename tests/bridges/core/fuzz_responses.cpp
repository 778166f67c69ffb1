// libFuzzer: whatever comes from the wire, the client neither crashes nor shows nonsense.
//
// The bytes are cut into messages by a length before each, as gRPC's framing does. Between two
// messages time goes on, audio is sent and the face is looked at.
#include "session.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

using namespace posecast::core;
namespace v1 = posecast::v1;

namespace {

void require(bool is_so, const char* what) {
  if (is_so)
    return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

void check(const ShownFrame& shown, double now_s) {
  for (const float weight : shown.frame.face.weights)
    require(weight >= 0 && weight <= 1, "weights are in 0..1");
  const Quaternion& head = shown.frame.face.head;
  const float norm = head.x * head.x + head.y * head.y + head.z * head.z + head.w * head.w;
  require(std::abs(norm - 1) < 1e-3F, "the head is a rotation");
  if (std::getenv("POSECAST_FUZZ_TRACE") != nullptr)
    std::fprintf(stderr, "%.3f s: frame %u/%llu due %.3f local %d kind %d\n", now_s,
                 shown.frame.key.utterance, static_cast<unsigned long long>(shown.frame.key.index),
                 shown.due_s, shown.is_local, static_cast<int>(shown.frame.kind));
  require(shown.due_s <= now_s + 1e-3, "a frame that is released is due");
  require(shown.frame.kind != FrameKind::kEnd, "an end has no face");
}

/// What a caller may do, chosen by a byte.
void act(Session& session, std::uint8_t choice, double now_s) {
  if (std::getenv("POSECAST_FUZZ_TRACE") != nullptr)
    std::fprintf(stderr, "%.3f s: act %d %d\n", now_s, choice % 8, choice);
  static const std::vector<std::int16_t> samples(8000);
  v1::AnimateRequest request;
  switch (choice % 8) {
  case 0:
    session.push_audio(samples);
    break;
  case 1:
    session.end_utterance();
    break;
  case 2:
    session.interrupt(std::nullopt, now_s);
    break;
  case 3:
    session.interrupt(FrameKey{choice / 64U, choice}, now_s);
    break;
  case 4:
    session.end_stream(now_s);
    session.report_break(14, "gone", 1);
    session.begin_stream(now_s, request);
    break;
  case 5:
    session.follow(choice / 32U, choice / 50.0, now_s);
    break;
  default:
    break;
  }
  for (int i = 0; i < 8 && session.next_request(now_s, request); ++i) {
  }
  ShownFrame shown;
  while (session.poll(now_s, shown))
    check(shown, now_s);
  if (session.sample(now_s, shown))
    check(shown, now_s);
  Event event;
  while (session.poll_event(event)) {
  }
  session.overdue(now_s);
  session.state();
}

void live(const std::uint8_t* data, std::size_t size, bool follows_audio) {
  Options options;
  options.address = "fuzz:1";
  options.sample_rate_hz = 16000;
  options.max_audio_s = 1;
  options.max_frames_s = 1;
  options.follows_audio = follows_audio;
  Session session(options);
  v1::AnimateRequest config;
  session.begin_stream(0, config);
  double now_s = 0;
  while (size >= 3) {
    act(session, data[0], now_s);
    now_s += data[0] / 512.0;
    const std::size_t length = std::min<std::size_t>(data[1] + 256U * data[2], size - 3);
    v1::AnimateResponse response;
    if (response.ParseFromArray(data + 3, static_cast<int>(length)))
      session.handle(response, now_s);
    data += 3 + length;
    size -= 3 + length;
  }
  act(session, 7, now_s + 1);
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr); // it complains of every text that is not UTF-8
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  live(data, size, false);
  live(data, size, true);
  return 0;
}
