#include "client.h"

#include <chrono>
#include <exception>
#include <random>

namespace posecast::core {

namespace {

using namespace std::chrono_literals;

// How soon the writer looks again where nothing wakes it: frames that were shown make room for
// audio.
constexpr auto kLookAgain = 20ms;
// How often it is checked whether the server answers in time.
constexpr auto kWatch = 100ms;
// How often in a row a stream may be refused in its middle.
constexpr std::uint32_t kMostRefusals = 3;
// The numbers of gRPC's status codes.
constexpr int kDeadlineExceeded = 4;
constexpr int kFailedPrecondition = 9;
constexpr int kInternal = 13;

} // namespace

double steady_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Client::Client(const Options& options, std::function<double()> clock)
    : options_(options), clock_(std::move(clock)), created_s_(clock_()), session_(options),
      policy_(std::random_device{}()), thread_([this] { run(); }) {}

Client::~Client() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    if (call_ != nullptr)
      call_->cancel();
  }
  changed_.notify_all();
  thread_.join();
}

/// One stream after another, until one fails for good.
void Client::run() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    lock.unlock();
    const Outcome outcome = animate();
    lock.lock();
    session_.end_stream(now_s());
    if (is_stopping_)
      return;
    if (!outcome.may_retry) {
      session_.fail(outcome.status, outcome.reason);
      return;
    }
    const std::chrono::duration<double> wait(policy_.next_wait_s());
    session_.report_break(outcome.status, outcome.reason, policy_.num_failures());
    changed_.wait_for(lock, wait, [this] { return is_stopping_; });
  }
}

/// The threads of one stream. However it is left, they are ended and joined.
class Client::Stream {
public:
  Stream(Client& client, AnimateCall& call) : client_(client), call_(call) {
    const std::lock_guard lock(client_.mutex_);
    client_.session_.begin_stream(client_.now_s(), config_);
    client_.call_ = &call;
    client_.is_open_ = client_.is_over_ = false;
    client_.given_up_.reset();
    if (client_.is_stopping_)
      call.cancel();
  }
  ~Stream() {
    {
      const std::lock_guard lock(client_.mutex_);
      if (!client_.is_over_)
        call_.cancel();
      client_.is_over_ = true;
      client_.call_ = nullptr;
    }
    client_.changed_.notify_all();
    for (std::thread* thread : {&reader_, &writer_})
      if (thread->joinable())
        thread->join();
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void start() {
    reader_ = thread_for([this] { client_.read_responses(call_, config_); });
    writer_ = thread_for([this] { client_.write_requests(call_); });
  }

private:
  /// No exception may leave a thread.
  template <typename Run> std::thread thread_for(Run run) {
    return std::thread([this, run] {
      try {
        run();
      } catch (const std::exception& error) {
        const std::lock_guard lock(client_.mutex_);
        client_.give_up(call_, kInternal, error.what(), false);
      }
    });
  }

  Client& client_;
  AnimateCall& call_;
  v1::AnimateRequest config_;
  std::thread reader_;
  std::thread writer_;
};

Outcome Client::animate() {
  try {
    AnimateCall call(options_);
    {
      Stream stream(*this, call);
      stream.start();
      watch(call);
    }
    Outcome outcome = call.finish();
    const std::lock_guard lock(mutex_);
    // What was refused in mid-stream, e.g. an interrupt that came too late, is not sent again: the
    // configuration was right. An update that was wrong is refused with the next configuration.
    if (session_.has_header() && policy_.num_failures() < kMostRefusals)
      outcome.may_retry = true;
    return given_up_.value_or(outcome);
  } catch (const std::exception& error) {
    return {kInternal, error.what(), false};
  }
}

/// Until the stream is over: whether the server answers in time. Reader and writer may both be
/// blocked.
void Client::watch(AnimateCall& call) {
  std::unique_lock lock(mutex_);
  while (!is_over_ && !given_up_) {
    if (const std::string reason = session_.overdue(now_s()); !reason.empty())
      give_up(call, kDeadlineExceeded, reason, true);
    changed_.wait_for(lock, kWatch);
  }
}

void Client::read_responses(AnimateCall& call, const v1::AnimateRequest& config) {
  const bool is_open = call.open(config);
  std::unique_lock lock(mutex_);
  is_open_ = is_open;
  lock.unlock();
  v1::AnimateResponse response;
  while (is_open && call.read(response)) {
    lock.lock();
    const bool had_header = session_.has_header();
    if (!session_.handle(response, now_s())) {
      give_up(call, kFailedPrecondition, session_.last_error(), false);
      return;
    }
    if (had_header)
      policy_.succeeded(); // with a header alone, the next message may still be refused each time
    else
      changed_.notify_all();
    lock.unlock();
  }
  lock.lock();
  is_over_ = true;
  changed_.notify_all();
}

void Client::write_requests(AnimateCall& call) {
  v1::AnimateRequest request;
  std::unique_lock lock(mutex_);
  while (!is_over_ && !given_up_ && !is_stopping_) {
    if (!is_open_ || !session_.next_request(now_s(), request)) {
      changed_.wait_for(lock, kLookAgain);
      continue;
    }
    lock.unlock();
    const bool is_written = call.write(request);
    lock.lock();
    if (!is_written)
      return; // the reader learns why
  }
}

void Client::give_up(AnimateCall& call, int status, const std::string& reason, bool may_retry) {
  given_up_ = Outcome{status, reason, may_retry};
  call.cancel();
  changed_.notify_all();
}

} // namespace posecast::core
