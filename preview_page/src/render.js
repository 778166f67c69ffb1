// Draws one picture at a time for `posecast render`: no sound, no server.
import { FaceView } from "./face.js";

let view;

/** Begin: the head as base64, and the size of a picture. */
globalThis.begin = async (glb, width, height, background) => {
  const bytes = Uint8Array.from(atob(glb), (letter) => letter.charCodeAt(0));
  const canvas = document.createElement("canvas");
  document.body.append(canvas);
  view = await FaceView.create(canvas, bytes.buffer, { background });
  view.setSize(width, height);
};

/** One picture as base64 of a PNG. */
globalThis.picture = async (weights, head) => {
  view.draw([{ weights, head }]);
  return view.renderer.domElement.toDataURL("image/png").split(",")[1];
};
