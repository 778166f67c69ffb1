#include "CaptureRing.h"
#include "HeardSamples.h"
#include "Pcm.h"
#include "Resampler.h"
#include "UtteranceCutter.h"
#include "WavFile.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <thread>

using namespace posecast::plugin;
using doctest::Approx;

namespace {

constexpr double kPi = 3.14159265358979323846;

std::vector<float> sine(double frequency_hz, std::uint32_t rate_hz, std::size_t num_samples) {
  std::vector<float> samples(num_samples);
  for (std::size_t i = 0; i < num_samples; ++i)
    samples[i] = static_cast<float>(
        0.5 * std::sin(2 * kPi * frequency_hz * static_cast<double>(i) / rate_hz));
  return samples;
}

std::vector<float> resampled(const std::vector<float>& in, std::uint32_t from_hz,
                             std::uint32_t to_hz) {
  Resampler resampler(from_hz, to_hz);
  std::vector<float> out;
  resampler.push(in.data(), in.size(), out);
  resampler.finish(out);
  return out;
}

double loudest(const std::vector<float>& samples, std::size_t margin) {
  double most = 0;
  for (std::size_t i = margin; i + margin < samples.size(); ++i)
    most = std::max(most, std::fabs(double{samples[i]}));
  return most;
}

} // namespace

TEST_CASE("a tone stays the same tone at another rate, at the same time") {
  for (const std::uint32_t from_hz : {8000U, 16000U, 22050U, 24000U, 44100U, 48000U, 96000U})
    for (const std::uint32_t to_hz : {kFeedRateHz, kPlayRateHz}) {
      CAPTURE(from_hz);
      CAPTURE(to_hz);
      const std::vector<float> out = resampled(sine(440, from_hz, from_hz), from_hz, to_hz);
      const std::vector<float> expected = sine(440, to_hz, to_hz);
      REQUIRE(out.size() == to_hz);
      double most = 0;
      for (std::size_t i = to_hz / 50; i < out.size() - to_hz / 50; ++i)
        most = std::max(most, std::fabs(double{out[i]} - double{expected[i]}));
      CHECK(most < 1e-3); // -54 dB of the tone
    }
}

TEST_CASE("what the lower rate cannot hold is gone, and does not fold back") {
  const std::vector<float> out = resampled(sine(11000, 48000, 48000), 48000, 16000);
  CHECK(loudest(out, 400) < 1e-3);
  CHECK(loudest(resampled(sine(6500, 48000, 48000), 48000, 16000), 400) > 0.49);
}

TEST_CASE("chunking does not change samples") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 0.3F);
  std::vector<float> in(9001);
  for (float& sample : in)
    sample = normal(random);
  for (const auto& [from_hz, to_hz] :
       {std::pair{44100U, 16000U}, {24000U, 48000U}, {48000U, 16000U}, {16000U, 16000U}}) {
    const std::vector<float> whole = resampled(in, from_hz, to_hz);
    CHECK(whole.size() == (in.size() * to_hz + from_hz - 1) / from_hz);
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{441}}) {
      Resampler resampler(from_hz, to_hz);
      std::vector<float> out;
      for (std::size_t i = 0; i < in.size(); i += chunk)
        resampler.push(in.data() + i, std::min(chunk, in.size() - i), out);
      resampler.finish(out);
      CHECK(out == whole);
    }
  }
}

TEST_CASE("a resampler begins anew behind its end, and an empty waveform stays "
          "empty") {
  const std::vector<float> in = sine(300, 22050, 2000);
  Resampler resampler(22050, 16000);
  std::vector<float> out;
  resampler.finish(out);
  CHECK(out.empty());
  resampler.push(in.data(), in.size(), out);
  resampler.finish(out);
  const std::vector<float> first = out;
  out.clear();
  resampler.push(in.data(), in.size(), out);
  resampler.finish(out);
  CHECK(out == first);
}

TEST_CASE("a steady level stays") {
  const std::vector<float> out = resampled(std::vector<float>(20000, 0.25F), 44100, 16000);
  for (std::size_t i = 100; i + 100 < out.size(); ++i)
    REQUIRE(out[i] == Approx(0.25).epsilon(1e-4));
}

TEST_CASE("channels are mixed to their mean") {
  const float stereo[] = {1, 0, 0.5F, -0.5F, 0.25F, 0.75F, 9};
  CHECK(mix_to_mono(stereo, 7, 2) == std::vector<float>{0.5F, 0, 0.5F});
  CHECK(mix_to_mono(stereo, 2, 1) == std::vector<float>{1, 0});
}

TEST_CASE("16-bit samples are read and written to the last bit") {
  const std::uint8_t bytes[] = {0x00, 0x80, 0xFF, 0x7F, 0x01, 0x00, 0xFF, 0xFF, 0x12};
  const std::vector<float> samples = read_pcm16(bytes, sizeof bytes);
  REQUIRE(samples.size() == 4);
  CHECK(samples[0] == -1);
  CHECK(to_pcm16(samples[0]) == -32768);
  CHECK(to_pcm16(samples[1]) == 32767);
  CHECK(to_pcm16(samples[2]) == 1);
  CHECK(to_pcm16(samples[3]) == -1);
  CHECK(to_pcm16(2) == 32767);
  CHECK(to_pcm16(-2) == -32768);
  CHECK(to_pcm16(std::numeric_limits<float>::quiet_NaN()) == 0);
}

namespace {

void put(std::vector<std::uint8_t>& bytes, std::uint32_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    bytes.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

void put(std::vector<std::uint8_t>& bytes, const char* text) {
  bytes.insert(bytes.end(), text, text + 4);
}

std::vector<std::uint8_t> wav_of(std::uint32_t encoding, std::uint32_t num_bits,
                                 const std::vector<std::uint8_t>& data,
                                 bool is_extensible = false) {
  std::vector<std::uint8_t> bytes;
  put(bytes, "RIFF");
  put(bytes, 0, 4);
  put(bytes, "WAVE");
  put(bytes, "LIST"); // what other programs put before, of an odd length
  put(bytes, 3, 4);
  put(bytes, 0, 4);
  put(bytes, "fmt ");
  put(bytes, is_extensible ? 40 : 16, 4);
  put(bytes, is_extensible ? 0xFFFE : encoding, 2);
  put(bytes, 2, 2);
  put(bytes, 24000, 4);
  put(bytes, 24000 * 2 * num_bits / 8, 4);
  put(bytes, 2 * num_bits / 8, 2);
  put(bytes, num_bits, 2);
  if (is_extensible) {
    put(bytes, 22, 2);
    put(bytes, num_bits, 2);
    put(bytes, 3, 4);
    put(bytes, encoding, 4);
    bytes.resize(bytes.size() + 12);
  }
  put(bytes, "data");
  put(bytes, static_cast<std::uint32_t>(data.size()), 4);
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

std::vector<std::uint8_t> float_data(float a, float b) {
  std::vector<std::uint8_t> data(8);
  std::memcpy(data.data(), &a, 4);
  std::memcpy(data.data() + 4, &b, 4);
  return data;
}

} // namespace

TEST_CASE("WAV files of every encoding are read") {
  struct Case {
    std::vector<std::uint8_t> bytes;
    double tolerance;
  };
  const Case cases[] = {
      {wav_of(1, 8, {192, 64}), 1e-6},
      {wav_of(1, 16, {0, 0x40, 0, 0xC0}), 1e-6},
      {wav_of(1, 24, {0, 0, 0x40, 0, 0, 0xC0}), 1e-6},
      {wav_of(1, 32, {0, 0, 0, 0x40, 0, 0, 0, 0xC0}), 1e-6},
      {wav_of(3, 32, float_data(0.5F, -0.5F)), 0},
      {wav_of(1, 16, {0, 0x40, 0, 0xC0}, true), 1e-6},
      {wav_of(3, 32, float_data(0.5F, -0.5F), true), 0},
  };
  for (const Case& one : cases) {
    Wav wav;
    CHECK(read_wav(one.bytes.data(), one.bytes.size(), wav) == "");
    CHECK(wav.sample_rate_hz == 24000);
    CHECK(wav.num_channels == 2);
    REQUIRE(wav.samples.size() == 2);
    CHECK(std::fabs(wav.samples[0] - 0.5) <= one.tolerance);
    CHECK(std::fabs(wav.samples[1] + 0.5) <= one.tolerance);
  }
}

TEST_CASE("what is no WAV file is told, wherever it is cut") {
  const std::vector<std::uint8_t> good = wav_of(1, 16, {0, 0x40, 0, 0xC0, 1, 2, 3, 4});
  for (std::size_t size = 0; size < good.size(); ++size) {
    Wav wav;
    const std::vector<std::uint8_t> cut(good.begin(),
                                        good.begin() + static_cast<std::ptrdiff_t>(size));
    const std::string fault = read_wav(cut.data(), cut.size(), wav);
    const bool has_data = size >= good.size() - 8;
    CHECK(fault.empty() == has_data);
    CHECK(wav.samples.size() <= 4);
  }
  Wav wav;
  std::vector<std::uint8_t> adpcm = wav_of(2, 4, {0, 0});
  CHECK(read_wav(adpcm.data(), adpcm.size(), wav).find("WAV encoding 2 with 4 bits; allowed") == 0);
}

TEST_CASE("an audio thread's samples come in order and whole, or are counted "
          "as lost") {
  CaptureRing ring(1024);
  constexpr std::size_t kBlock = 128;
  constexpr std::size_t kBlocks = 3000;
  std::thread writer([&] {
    std::vector<float> block(kBlock * 2);
    for (std::size_t i = 0; i < kBlocks; ++i) {
      for (std::size_t k = 0; k < kBlock; ++k) {
        block[2 * k] = static_cast<float>(i);
        block[2 * k + 1] = static_cast<float>(i) + 2; // the mean is i + 1
      }
      ring.write(block.data(), kBlock, 2, 48000);
      if (i % 16 == 0)
        std::this_thread::yield();
    }
  });
  std::vector<float> out;
  std::size_t num_reads = 0;
  while (out.size() + ring.num_lost() < kBlock * kBlocks && ++num_reads < 100000000)
    if (ring.read(out) != 0)
      CHECK(ring.read(out) == 48000);
  writer.join();
  CHECK(out.size() + ring.num_lost() == kBlock * kBlocks);
  CHECK(out.size() % kBlock == 0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    REQUIRE(out[i] == out[i - i % kBlock]);
    if (i >= kBlock)
      REQUIRE(out[i] >= out[i - kBlock]);
  }
}

TEST_CASE("a ring without a reader keeps what fits") {
  CaptureRing ring(256);
  const std::vector<float> block(200, 1.0F);
  ring.write(block.data(), 200, 1, 44100);
  ring.write(block.data(), 200, 1, 44100);
  ring.write(block.data(), 56, 1, 44100);
  ring.write(block.data(), 1, 0, 44100);
  std::vector<float> out;
  CHECK(ring.read(out) == 44100);
  CHECK(out.size() == 256);
  CHECK(ring.num_lost() == 200);
}

TEST_CASE("an utterance of a microphone is cut in a pause once it is long") {
  const std::vector<float> loud(kFeedRateHz, 0.2F);
  const std::vector<float> quiet(kFeedRateHz, 0.001F);
  UtteranceCutter cutter;
  CHECK(cutter.is_empty());
  for (int second = 0; second < 59; ++second) {
    REQUIRE_FALSE(cutter.is_cut_behind(quiet.data(), quiet.size()));
    CHECK_FALSE(cutter.is_empty());
  }
  for (int second = 0; second < 5; ++second)
    REQUIRE_FALSE(cutter.is_cut_behind(loud.data(), loud.size()));
  CHECK(cutter.is_cut_behind(quiet.data(), quiet.size()));
  cutter.begin();
  CHECK(cutter.is_empty());
  for (int second = 0; second < 599; ++second)
    REQUIRE_FALSE(cutter.is_cut_behind(loud.data(), loud.size()));
  CHECK(cutter.is_cut_behind(loud.data(), loud.size()));
}

TEST_CASE("samples are heard by the output's latency later, the last ones too") {
  HeardSamples heard;
  CHECK(heard.update(0.00, 0, 0.05) == 0);
  CHECK(heard.update(0.02, 960, 0.05) == 0);
  CHECK(heard.update(0.04, 1920, 0.05) == 0);
  CHECK(heard.update(0.07, 2000, 0.05) == 960);
  CHECK(heard.update(0.095, 2000, 0.05) == 1920);
  CHECK(heard.update(0.20, 2000, 0.05) == 2000);
  heard.clear();
  CHECK(heard.update(0.21, 500, 0.05) == 0);
  CHECK(heard.update(0.30, 500, 0) == 500);
}
