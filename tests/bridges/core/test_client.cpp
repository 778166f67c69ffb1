#include "fake_server.h"
#include "speaker.h"

#include <fstream>
#include <sstream>

using namespace posecast::core;
using namespace posecast::core::test;
using doctest::Approx;

namespace {

// Time runs this much faster than outside, or speech would take its time.
constexpr double kFast = 20;

std::vector<std::uint64_t> count(std::uint64_t first, std::uint64_t end) {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = first; i < end; ++i)
    numbers.push_back(i);
  return numbers;
}

posecast_options patient(const std::string& address) {
  posecast_options options = options_for(address);
  options.connect_timeout_ms = options.idle_timeout_ms = 600000; // of the fast clock
  return options;
}

} // namespace

TEST_CASE("all frames of two utterances come, in order and unchanged") {
  FakeServer server;
  Speaker speaker(patient(server.address()), kFast);
  speaker.push(3);
  CHECK(posecast_end_utterance(speaker.client) == POSECAST_NOTHING);
  CHECK(posecast_current_utterance(speaker.client) == 1);
  speaker.push(2.01);
  posecast_end_utterance(speaker.client);
  REQUIRE(speaker.poll_until(POSECAST_EVENT_UTTERANCE_PLAYED, 1));
  CHECK(speaker.indices(0) == count(0, 75));
  CHECK(speaker.indices(1) == count(0, 51));
  for (const posecast_frame& frame : speaker.frames)
    if (frame.flags == 0) {
      CHECK(frame.weights[0] == static_cast<float>(frame.index) / 1024);
      CHECK(frame.weights[51] == 0.25F);
      CHECK(frame.weights[52] == 0);
      CHECK(frame.num_curves == 52);
      CHECK(frame.head[3] == 1);
      CHECK(frame.time_s == Approx(static_cast<double>(frame.index) / 25));
    }
  for (const std::uint32_t kind :
       {POSECAST_EVENT_FIRST_FRAME, POSECAST_EVENT_UTTERANCE_END, POSECAST_EVENT_UTTERANCE_PLAYED})
    for (const std::uint32_t utterance : {0U, 1U})
      CHECK(speaker.num_events(kind, utterance) == 1);
  const posecast_stats stats = speaker.stats();
  CHECK(stats.frames_received == 126);
  CHECK(stats.samples_sent == 48000 + 32160);
  CHECK(stats.samples_lost + stats.frames_dropped + stats.frames_malformed == 0);
}

TEST_CASE("the header's names are there, and its event tells the server") {
  FakeServer server;
  Speaker speaker(patient(server.address()));
  CHECK(posecast_curve_count(speaker.client) <= 52);
  REQUIRE(speaker.poll_until(POSECAST_EVENT_HEADER));
  CHECK(posecast_curve_count(speaker.client) == 52);
  char name[16];
  CHECK(posecast_curve_name(speaker.client, 51, name, sizeof name) == 7);
  CHECK(std::string(name) == "curve51");
  CHECK(posecast_curve_name(speaker.client, 51, name, 4) == 7);
  CHECK(std::string(name) == "cur");
  CHECK(posecast_curve_name(speaker.client, 52, name, sizeof name) == POSECAST_INVALID_ARGUMENT);
  CHECK(speaker.events[0].seed == 1000);
  CHECK(std::string(speaker.events[0].message).find("9.9.9") != std::string::npos);
  CHECK(posecast_state(speaker.client) == POSECAST_STATE_WAITING);
}

TEST_CASE("frames are released when they are due") {
  FakeServer server;
  posecast_options options = patient(server.address());
  options.frame_rate_hz = 0;
  Speaker speaker(options);
  speaker.push(2);
  posecast_end_utterance(speaker.client);
  std::vector<double> lags_s;
  posecast_frame frame{};
  frame.struct_size = sizeof frame;
  REQUIRE(wait_until([&] {
    if (posecast_poll(speaker.client, &frame) == POSECAST_HAS_ONE)
      lags_s.push_back(posecast_now(speaker.client) - frame.due_s);
    return lags_s.size() == 50;
  }));
  std::ranges::sort(lags_s);
  MESSAGE("released after the due time: p50 " << lags_s[25] * 1000 << " ms, p95 "
                                              << lags_s[47] * 1000 << " ms");
  CHECK(lags_s[0] >= 0);
  CHECK(lags_s[25] < 0.02); // polled each millisecond; a busy machine takes its time
}

TEST_CASE("an interrupt eases from what is shown, and the next utterance follows") {
  FakeServer server;
  Speaker speaker(patient(server.address()), kFast);
  speaker.push(8);
  REQUIRE(wait_until([&] {
    speaker.poll();
    return speaker.frames.size() > 20;
  }));
  CHECK(posecast_interrupt(speaker.client, nullptr) == POSECAST_NOTHING);
  CHECK(posecast_current_utterance(speaker.client) == 1);
  speaker.push(1);
  posecast_end_utterance(speaker.client);
  REQUIRE(speaker.poll_until(POSECAST_EVENT_UTTERANCE_PLAYED, 1));
  const std::vector<std::uint64_t> spoken = speaker.indices(0);
  CHECK(spoken == count(0, spoken.size()));
  CHECK(speaker.indices(0, POSECAST_FRAME_EASING) == count(spoken.size(), spoken.size() + 5));
  CHECK(speaker.indices(1) == count(0, 25));
  for (const posecast_event& event : speaker.events)
    if (event.kind == POSECAST_EVENT_UTTERANCE_END)
      CHECK(event.flags == (event.utterance == 0 ? POSECAST_EVENT_WAS_INTERRUPTED : 0));
}

TEST_CASE("a server that dies and comes back has its client back within 2 s") {
  auto server = std::make_unique<FakeServer>();
  const std::string address = server->address();
  Speaker speaker(options_for(address));
  speaker.push(1);
  REQUIRE(wait_until([&] {
    speaker.poll();
    return speaker.frames.size() > 5;
  }));
  server.reset();
  REQUIRE(speaker.poll_until(POSECAST_EVENT_RECONNECTING));
  CHECK(posecast_state(speaker.client) == POSECAST_STATE_RECONNECTING);
  CHECK_FALSE(speaker.last_error().empty());
  std::this_thread::sleep_for(std::chrono::milliseconds(1500)); // the waits have grown
  FakeServer again({}, address);
  const double back_s = steady_s();
  REQUIRE(
      wait_until([&] { return posecast_state(speaker.client) != POSECAST_STATE_RECONNECTING; }));
  MESSAGE("reconnected after " << steady_s() - back_s << " s");
  CHECK(steady_s() - back_s < 2);
  CHECK(speaker.stats().reconnections == 1);
  speaker.push(0.5);
  posecast_end_utterance(speaker.client);
  REQUIRE(speaker.poll_until(POSECAST_EVENT_UTTERANCE_PLAYED));
  CHECK(speaker.indices(0).back() == 37); // where 1.5 s end
}

TEST_CASE("a request that is wrong fails for good, with the server's reason") {
  FakeServer server({.refusal = {grpc::StatusCode::INVALID_ARGUMENT, "no such style"}});
  Speaker speaker(options_for(server.address()));
  REQUIRE(speaker.poll_until(POSECAST_EVENT_ERROR));
  CHECK(posecast_state(speaker.client) == POSECAST_STATE_FAILED);
  CHECK(speaker.last_error() == "no such style");
  CHECK(speaker.events[0].status == static_cast<int>(grpc::StatusCode::INVALID_ARGUMENT));
  CHECK(speaker.push(1) == POSECAST_STREAM_FAILED);
  CHECK(posecast_end_utterance(speaker.client) == POSECAST_STREAM_FAILED);
  CHECK(server.num_streams() == 1);
}

TEST_CASE("what is refused in mid-stream opens a new stream, but not for ever") {
  const grpc::Status refusal(grpc::StatusCode::INVALID_ARGUMENT, "too late");
  {
    FakeServer server({.refusal = refusal, .num_refusals = 1, .refuses_audio = true});
    Speaker speaker(patient(server.address()), kFast);
    speaker.push(0.1);
    REQUIRE(speaker.poll_until(POSECAST_EVENT_RECONNECTING));
    speaker.push(1);
    posecast_end_utterance(speaker.client);
    CHECK(speaker.poll_until(POSECAST_EVENT_UTTERANCE_PLAYED));
  }
  FakeServer server({.refusal = refusal, .refuses_audio = true});
  Speaker speaker(patient(server.address()), kFast);
  REQUIRE(wait_until([&] {
    speaker.push(0.1);
    speaker.poll();
    return speaker.num_events(POSECAST_EVENT_ERROR) > 0;
  }));
  CHECK(speaker.num_events(POSECAST_EVENT_RECONNECTING) == 3);
  CHECK(speaker.last_error() == "too late");
}

TEST_CASE("a server that is full is asked again until it has room") {
  FakeServer server({.refusal = {grpc::StatusCode::RESOURCE_EXHAUSTED, "full"}, .num_refusals = 2});
  Speaker speaker(options_for(server.address()));
  REQUIRE(speaker.poll_until(POSECAST_EVENT_HEADER));
  CHECK(speaker.num_events(POSECAST_EVENT_RECONNECTING) == 2);
  CHECK(speaker.events[1].attempt == 2);
  CHECK(std::string(speaker.events[0].message) == "full");
}

TEST_CASE("where no server is, the client says so and goes on trying") {
  Speaker speaker(options_for("127.0.0.1:1"));
  REQUIRE(speaker.poll_until(POSECAST_EVENT_RECONNECTING));
  CHECK(posecast_state(speaker.client) == POSECAST_STATE_CONNECTING);
  CHECK_FALSE(speaker.last_error().empty());
  CHECK(speaker.push(1) == 16000); // kept until a server is there
}

TEST_CASE("a server that never answers is given up in time") {
  FakeServer server({.hangs = true});
  posecast_options options = options_for(server.address());
  options.connect_timeout_ms = 200;
  Speaker speaker(options);
  REQUIRE(speaker.poll_until(POSECAST_EVENT_RECONNECTING));
  CHECK(speaker.events[0].status == static_cast<int>(grpc::StatusCode::DEADLINE_EXCEEDED));
}

TEST_CASE("a server that falls silent is given up in time") {
  FakeServer server({.is_silent = true});
  posecast_options options = options_for(server.address());
  options.idle_timeout_ms = 200;
  Speaker speaker(options);
  speaker.push(0.5);
  posecast_end_utterance(speaker.client);
  REQUIRE(speaker.poll_until(POSECAST_EVENT_RECONNECTING));
  CHECK(speaker.events.back().status == static_cast<int>(grpc::StatusCode::DEADLINE_EXCEEDED));
  CHECK(speaker.stats().samples_lost == 8000);
}

TEST_CASE("a server with other frames than asked for is refused") {
  FakeServer server({.frame_rate_hz = 30});
  Speaker speaker(options_for(server.address()));
  REQUIRE(speaker.poll_until(POSECAST_EVENT_ERROR));
  CHECK(speaker.last_error().find("30") != std::string::npos);
}

TEST_CASE("a token reaches the server") {
  FakeServer server({.token = "s3cret"});
  posecast_options options = options_for(server.address());
  {
    options.token = "wrong";
    Speaker speaker(options);
    REQUIRE(speaker.poll_until(POSECAST_EVENT_ERROR));
    CHECK(server.last_refused_token() == "Bearer wrong");
  }
  options.token = "s3cret";
  Speaker speaker(options);
  CHECK(speaker.poll_until(POSECAST_EVENT_HEADER));
}

TEST_CASE("TLS: the server's certificate is checked, and so is the client's") {
  const char* folder = std::getenv("POSECAST_TEST_TLS"); // key.pem and cert.pem for `posecast.test`
  if (folder == nullptr) {
    MESSAGE("POSECAST_TEST_TLS is not set: TLS was not tested");
    return;
  }
  const auto read = [&](const char* name) {
    std::ifstream file(std::string(folder) + "/" + name);
    std::stringstream text;
    text << file.rdbuf();
    REQUIRE_FALSE(text.str().empty());
    return text.str();
  };
  const std::string key = read("key.pem");
  const std::string certificate = read("cert.pem");
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = certificate;
  tls.pem_key_cert_pairs.push_back({key, certificate});
  FakeServer server({}, "127.0.0.1:0", grpc::SslServerCredentials(tls));
  posecast_options options = options_for(server.address());
  options.uses_tls = 1;
  options.root_certificates_pem = certificate.c_str();
  options.server_name = "posecast.test";
  {
    Speaker without_certificate(options);
    CHECK(without_certificate.poll_until(POSECAST_EVENT_RECONNECTING));
  }
  options.client_certificate_pem = certificate.c_str();
  options.client_key_pem = key.c_str();
  {
    options.server_name = "another.test";
    Speaker to_another(options);
    CHECK(to_another.poll_until(POSECAST_EVENT_RECONNECTING));
    options.server_name = "posecast.test";
  }
  Speaker speaker(options);
  CHECK(speaker.poll_until(POSECAST_EVENT_HEADER));
}

TEST_CASE("who never polls costs bounded memory, and is told what it missed") {
  FakeServer server;
  posecast_options options = patient(server.address());
  options.max_frames_ms = 6000;
  options.max_audio_ms = 2000;
  Speaker speaker(options, 200);
  int num_taken = 0;
  for (int i = 0; i < 400; ++i) {
    num_taken += speaker.push(0.2);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(num_taken > 16000 * 20);
  const posecast_stats stats = speaker.stats();
  CHECK(stats.frames_waiting <= 25 * 8);
  CHECK(stats.samples_waiting <= 32000);
  CHECK(stats.frames_dropped > 0);
  speaker.poll();
  CHECK(speaker.frames.size() <= 25 * 8);
}

TEST_CASE("a client that is busy can be destroyed at any moment, at once") {
  FakeServer server;
  FakeServer hanging({.hangs = true});
  for (int i = 0; i < 30; ++i) {
    const std::string address = i % 3 == 0   ? server.address()
                                : i % 3 == 1 ? hanging.address()
                                             : "127.0.0.1:1";
    posecast_options options = options_for(address);
    posecast_client* client = nullptr;
    REQUIRE(posecast_create(&options, &client, nullptr, 0) == POSECAST_NOTHING);
    const std::vector<std::int16_t> values(160000, 100);
    posecast_push_audio_i16(client, values.data(), 160000);
    std::this_thread::sleep_for(std::chrono::milliseconds(i));
    const double before_s = steady_s();
    posecast_destroy(client);
    CHECK(steady_s() - before_s < 2);
  }
}

TEST_CASE("many threads may use one client") {
  FakeServer server;
  Speaker speaker(patient(server.address()), kFast);
  std::atomic<bool> is_over = false;
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    while (!is_over)
      speaker.push(0.02);
  });
  threads.emplace_back([&] {
    posecast_frame frame{};
    frame.struct_size = sizeof frame;
    while (!is_over)
      posecast_sample(speaker.client, &frame);
  });
  threads.emplace_back([&] {
    while (!is_over) {
      posecast_interrupt(speaker.client, nullptr);
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
  threads.emplace_back([&] {
    while (!is_over) {
      posecast_state(speaker.client);
      speaker.stats();
    }
  });
  const double until_s = steady_s() + 0.7;
  while (steady_s() < until_s)
    speaker.poll();
  is_over = true;
  for (std::thread& thread : threads)
    thread.join();
  CHECK(speaker.stats().frames_malformed == 0);
  CHECK(posecast_state(speaker.client) != POSECAST_STATE_FAILED);
}
