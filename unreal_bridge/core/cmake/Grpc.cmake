# protobuf and gRPC, and the classes of the contract, generated for exactly the protobuf that is found.
if(POSECAST_PKG_CONFIG) # Debian's protobuf brings nothing for CMake
  find_package(Protobuf REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(grpcpp REQUIRED IMPORTED_TARGET grpc++)
  set(POSECAST_GRPC PkgConfig::grpcpp)
  find_program(POSECAST_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)
else()
  find_package(protobuf CONFIG REQUIRED)
  find_package(gRPC CONFIG REQUIRED)
  set(POSECAST_GRPC gRPC::grpc++)
  set(POSECAST_GRPC_PLUGIN $<TARGET_FILE:gRPC::grpc_cpp_plugin>)
endif()

set(POSECAST_PROTOS ${CMAKE_CURRENT_SOURCE_DIR}/../../protos)
set(POSECAST_GENERATED ${CMAKE_CURRENT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${POSECAST_GENERATED})
set(names audio face face_animation_service)
list(TRANSFORM names PREPEND posecast/v1/)
set(proto_files ${names})
list(TRANSFORM proto_files PREPEND ${POSECAST_PROTOS}/)
list(TRANSFORM proto_files APPEND .proto)
list(TRANSFORM names PREPEND ${POSECAST_GENERATED}/)
set(message_sources ${names})
list(TRANSFORM message_sources APPEND .pb.cc)
set(message_headers ${names})
list(TRANSFORM message_headers APPEND .pb.h)
set(service ${POSECAST_GENERATED}/posecast/v1/face_animation_service.grpc.pb)

add_custom_command(
  OUTPUT ${message_sources} ${message_headers} ${service}.cc ${service}.h
  COMMAND protobuf::protoc -I ${POSECAST_PROTOS} --cpp_out=${POSECAST_GENERATED}
    --grpc_out=${POSECAST_GENERATED} --plugin=protoc-gen-grpc=${POSECAST_GRPC_PLUGIN} ${proto_files}
  DEPENDS ${proto_files}
  COMMENT "Generating the contract's classes"
  VERBATIM)

add_library(posecast_messages OBJECT ${message_sources} ${message_headers})
target_include_directories(posecast_messages SYSTEM PUBLIC ${POSECAST_GENERATED})
target_link_libraries(posecast_messages PUBLIC protobuf::libprotobuf)

add_library(posecast_service OBJECT ${service}.cc ${service}.h)
target_link_libraries(posecast_service PUBLIC posecast_messages ${POSECAST_GRPC})
if(NOT MSVC)
  target_compile_options(posecast_messages PRIVATE -w -g0)
  target_compile_options(posecast_service PRIVATE -w -g0)
endif()
