// What the opaque handle of posecast_core.h is.
#pragma once

#include "client.h"

struct posecast_client {
  posecast::core::Client client;
};
