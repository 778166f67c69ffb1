// A session with its threads: one reads, one writes, one watches both.
#pragma once

#include "animate_call.h"
#include "reconnect_policy.h"
#include "session.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace posecast::core {

/// Seconds of a clock that never jumps.
double steady_s();

class Client {
public:
  /// `clock` tells seconds; tests bring one that is fast.
  Client(const Options& options, std::function<double()> clock);
  /// Cancels what is under way and joins every thread.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  const Options& options() const { return options_; }
  /// Seconds since the creation.
  double now_s() const { return clock_() - created_s_; }

  /// Look at the session, or take something from it.
  template <typename Use> auto use(Use use) {
    const std::lock_guard lock(mutex_);
    return use(session_);
  }
  /// Give the session something to send.
  template <typename Use> auto use_and_send(Use use) {
    const std::unique_lock lock(mutex_);
    changed_.notify_all();
    return use(session_);
  }

private:
  class Stream;

  void run();
  Outcome animate();
  void watch(AnimateCall& call);
  void read_responses(AnimateCall& call, const v1::AnimateRequest& config);
  void write_requests(AnimateCall& call);
  /// Give a stream up for a reason of our own. With the lock held.
  void give_up(AnimateCall& call, int status, const std::string& reason, bool may_retry);

  const Options options_;
  const std::function<double()> clock_;
  const double created_s_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // All below is guarded by the mutex.
  Session session_;
  ReconnectPolicy policy_;
  AnimateCall* call_ = nullptr;
  std::optional<Outcome> given_up_;
  bool is_open_ = false;
  bool is_over_ = false;
  bool is_stopping_ = false;

  std::thread thread_;
};

} // namespace posecast::core
