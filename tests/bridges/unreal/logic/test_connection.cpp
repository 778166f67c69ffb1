#include "Connection.h"
#include "Decimal.h"

#include <doctest/doctest.h>

using namespace posecast::plugin;

namespace {

Connection read_well(const std::string& text) {
  Connection connection;
  CHECK(read_connection(text, connection) == "");
  return connection;
}

std::string fault_of(const std::string& text) {
  Connection connection;
  return read_connection(text, connection);
}

Connection unusual() {
  Connection connection;
  connection.address = "[2001:db8::1]:443";
  connection.uses_tls = true;
  connection.token = "a&b=c?d%e f\xC3\xA9";
  connection.root_certificates_file = "C:\\certs\\root.pem";
  connection.server_name = "posecast.test";
  connection.subject = "Anna & Bob";
  connection.style = "cheerful:0.6,tired:0.4";
  connection.style_strength = 1.25;
  connection.frame_rate_hz = 60;
  connection.latency = Latency::kRealtime;
  connection.capture = Capture::kMicrophone;
  connection.head_scale = {0.02, -0.015, 1};
  connection.idles = false;
  connection.calibrates = true;
  return connection;
}

} // namespace

TEST_CASE("a connection survives the way through text") {
  CHECK(read_well(print_connection(unusual())) == unusual());
  CHECK(read_well(print_connection(Connection())) == Connection());
  for (const HeadScale& scale : {kMetaHumanHead, kArkitHead, kDegreesHead}) {
    Connection connection;
    connection.head_scale = scale;
    CHECK(read_well(print_connection(connection)) == connection);
  }
}

TEST_CASE("each member alone survives, too, and makes a difference") {
  const Connection all = unusual();
  Connection one;
  int num_members = 0;
  const auto check = [&](auto member) {
    one = Connection();
    one.*member = all.*member;
    CHECK(one != Connection());
    CHECK(read_well(print_connection(one)) == one);
    ++num_members;
  };
  check(&Connection::address);
  check(&Connection::uses_tls);
  check(&Connection::token);
  check(&Connection::root_certificates_file);
  check(&Connection::server_name);
  check(&Connection::subject);
  check(&Connection::style);
  check(&Connection::style_strength);
  check(&Connection::frame_rate_hz);
  check(&Connection::latency);
  check(&Connection::capture);
  check(&Connection::head_scale);
  check(&Connection::idles);
  check(&Connection::calibrates);
  CHECK(num_members == 14);
}

TEST_CASE("what is usual is not written") {
  CHECK(print_connection(Connection()) == "127.0.0.1:50051");
  Connection connection;
  connection.subject = "Anna";
  connection.head_scale = kDegreesHead;
  CHECK(print_connection(connection) == "127.0.0.1:50051?subject=Anna&head_scale=degrees");
}

TEST_CASE("empty text is the usual connection, and a question mark alone "
          "changes nothing") {
  CHECK(read_well("") == Connection());
  CHECK(read_well("?") == Connection());
  CHECK(read_well("127.0.0.1:50051?") == Connection());
  CHECK(read_well("?subject=Anna").subject == "Anna");
}

TEST_CASE("a wrong connection is told with its value and what is allowed") {
  CHECK(fault_of("somewhere") ==
        "address 'somewhere'; allowed: HOST:PORT, with a port from 1 to 65535");
  CHECK(fault_of(":50051") != "");
  CHECK(fault_of("host:") != "");
  CHECK(fault_of("host:0") != "");
  CHECK(fault_of("host:65536") != "");
  CHECK(fault_of("host:12.5") != "");
  CHECK(fault_of("a:1?frame_rate_hz=24") == "frame_rate_hz '24'; allowed: 25, 30, 50, 60");
  CHECK(fault_of("a:1?latency=fast") ==
        "latency 'fast'; allowed: default, offline, balanced, realtime");
  CHECK(fault_of("a:1?audio=radio") == "audio 'radio'; allowed: none, microphone, game");
  CHECK(fault_of("a:1?tls=yes") == "tls 'yes'; allowed: 0, 1");
  CHECK(fault_of("a:1?style_strength=3") == "style_strength '3'; allowed: 0 to 2");
  CHECK(fault_of("a:1?subject=") == "subject ''; allowed: any name");
  CHECK(fault_of("a:1?colour=red").find("setting 'colour'; allowed: tls") == 0);
  CHECK(fault_of("a:1?subject").find("setting 'subject'; allowed: KEY=VALUE") == 0);
  CHECK(fault_of("a:1?subject=%4").find("setting 'subject=%4'") == 0);
  CHECK(fault_of("a:1?subject=%4G") != "");
  CHECK(fault_of("a:1?head_scale=1,2").find("head scale '1,2'; allowed: metahuman") == 0);
}

TEST_CASE("values that no text gave are checked as well") {
  Connection connection;
  CHECK(check_connection(connection) == "");
  connection.frame_rate_hz = 24;
  CHECK(check_connection(connection) == "frame_rate_hz '24'; allowed: 25, 30, 50, 60");
  connection = Connection();
  connection.style_strength = -1;
  CHECK(check_connection(connection) == "style_strength '-1'; allowed: 0 to 2");
  connection = Connection();
  connection.head_scale.pitch = 11;
  CHECK(check_connection(connection) == "head scale '11'; allowed: -10 to 10");
}

TEST_CASE("another head, subject or a calibration needs no other stream") {
  Connection connection;
  connection.head_scale = kDegreesHead;
  connection.subject = "Anna";
  connection.calibrates = true;
  CHECK(is_same_stream(Connection(), connection));
  connection.style = "tired";
  CHECK_FALSE(is_same_stream(Connection(), connection));
}

TEST_CASE("decimals are read and printed without exponents or a locale") {
  CHECK(print_decimal(0) == "0");
  CHECK(print_decimal(-0.0) == "0");
  CHECK(print_decimal(0.02) == "0.02");
  CHECK(print_decimal(-1.5) == "-1.5");
  CHECK(print_decimal(0.1 + 0.2) == "0.3");
  CHECK(print_decimal(1234.000001) == "1234.000001");
  double number = 7;
  CHECK(read_decimal("-0.02", number));
  CHECK(number == -0.02);
  CHECK(read_decimal("+.5", number));
  CHECK(number == 0.5);
  CHECK(read_decimal("3.", number));
  CHECK(number == 3);
  for (const char* text :
       {"", "-", ".", "1e3", "1,5", " 1", "0x1", "1.2.3", "nan", "--1", "12345678901234567890"})
    CHECK_FALSE(read_decimal(text, number));
  CHECK(number == 3);
}

TEST_CASE("head scales have names or three numbers") {
  HeadScale scale;
  CHECK(read_head_scale("degrees", scale) == "");
  CHECK(scale == kDegreesHead);
  CHECK(read_head_scale("0.02,-0.02,0.5", scale) == "");
  CHECK(scale == HeadScale{0.02, -0.02, 0.5});
  CHECK(print_head_scale(scale) == "0.02,-0.02,0.5");
  CHECK(print_head_scale(kArkitHead) == "arkit");
  for (const char* text : {"", "1", "1,2", "1,2,3,4", "1,2,", "1,,3", "11,0,0", "a,b,c"})
    CHECK(read_head_scale(text, scale) != "");
  CHECK(scale == HeadScale{0.02, -0.02, 0.5});
}
