// The head on a canvas: takes 52 weights and a head rotation, draws one face or two side by side.
import {
  ACESFilmicToneMapping, Color, DirectionalLight, HemisphereLight, PCFShadowMap, PerspectiveCamera,
  Scene, SRGBColorSpace, Vector3, WebGLRenderer,
} from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { Morphs } from "./morphs.js";

const LOOK_AT = new Vector3(0, -0.004, 0.01);
const DISTANCE_M = 0.8;
const FIELD_OF_VIEW_DEG = 22;
const BACKGROUND = new Color(0x1b1f27);

/** Draws heads; `faces` tells how many of them there are. */
export class FaceView {
  /**
   * @param {HTMLCanvasElement} canvas where to draw
   * @param {ArrayBuffer} glb content of posecast-head.glb
   * @param {{isFast?: boolean, background?: number}} options `isFast` leaves shadows and smooth edges
   */
  static async create(canvas, glb, options = {}) {
    const gltf = await new GLTFLoader().parseAsync(glb, "");
    return new FaceView(canvas, gltf, options);
  }

  constructor(canvas, gltf, { isFast = false, background } = {}) {
    const antialias = !isFast;
    const shadows = !isFast;
    this.scale = 1;
    this.renderer = new WebGLRenderer({ canvas, antialias, preserveDrawingBuffer: true });
    this.renderer.outputColorSpace = SRGBColorSpace;
    this.renderer.toneMapping = ACESFilmicToneMapping;
    this.renderer.toneMappingExposure = 1.0;
    this.renderer.shadowMap.enabled = shadows;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.scene = new Scene();
    this.scene.background = background === undefined ? BACKGROUND : new Color(background);
    this.camera = new PerspectiveCamera(FIELD_OF_VIEW_DEG, 1, 0.1, 5);
    this.turnView(0, 0);
    this.addLights(shadows);
    this.head = gltf.scene;
    this.scene.add(this.head);
    this.morphs = [];
    this.head.traverse((node) => {
      if (!node.isMesh) return;
      node.frustumCulled = false;
      node.castShadow = node.receiveShadow = shadows;
      node.material.onBeforeCompile = keepShineOutOfFolds;
      const names = Object.entries(node.morphTargetDictionary).sort((a, b) => a[1] - b[1]);
      this.curveNames = names.map(([name]) => name);
      this.morphs.push(new Morphs(node));
    });
    this.joint = this.head.getObjectByName("Head");
  }

  addLights(shadows) {
    this.scene.add(new HemisphereLight(0xdfe8ff, 0x6b4a3c, 1.05));
    const key = (this.key = new DirectionalLight(0xfff1e0, 2.5));
    key.position.set(-0.55, 0.65, 1.0);
    key.castShadow = shadows;
    key.shadow.mapSize.set(1024, 1024);
    Object.assign(key.shadow.camera, { left: -0.2, right: 0.2, top: 0.2, bottom: -0.25, near: 0.5, far: 2 });
    key.shadow.bias = -0.0012;
    key.shadow.normalBias = 0.004;
    key.shadow.radius = 4;
    const fill = new DirectionalLight(0xc8d6ff, 0.8);
    fill.position.set(0.8, 0.05, 0.9);
    const rim = new DirectionalLight(0xcfe0ff, 1.1);
    rim.position.set(0.45, 0.5, -1.0);
    const rimTwo = new DirectionalLight(0xffd9b8, 0.6);
    rimTwo.position.set(-0.6, 0.2, -1.0);
    this.scene.add(key, fill, rim, rimTwo);
  }

  /** Walk around the head: angles in radians. */
  turnView(yaw, pitch) {
    const flat = Math.cos(pitch) * DISTANCE_M;
    this.camera.position.set(
      LOOK_AT.x + flat * Math.sin(yaw), LOOK_AT.y + DISTANCE_M * Math.sin(pitch), LOOK_AT.z + flat * Math.cos(yaw),
    );
    this.camera.lookAt(LOOK_AT);
  }

  /** Size of the picture in real pixels; drawn with fewer ones after `hurry`. */
  setSize(width, height) {
    this.renderer.setSize(Math.round(width * this.scale), Math.round(height * this.scale), false);
  }

  /** Draw faster from now on, for a machine that is slow. */
  hurry() {
    this.scale = 0.6;
    this.key.castShadow = false;
  }

  /**
   * Draw heads side by side.
   * @param {{weights: ArrayLike<number>, head: ArrayLike<number>}[]} faces
   */
  draw(faces) {
    const { width, height } = this.renderer.domElement;
    const share = Math.floor(width / faces.length);
    this.camera.aspect = share / height;
    // A narrow picture shows the whole head all the same.
    this.camera.zoom = Math.min(1, this.camera.aspect / 0.62);
    this.camera.updateProjectionMatrix();
    this.renderer.setScissorTest(faces.length > 1);
    faces.forEach((face, index) => {
      this.pose(face);
      this.renderer.setViewport(index * share, 0, share, height);
      this.renderer.setScissor(index * share, 0, share, height);
      this.renderer.render(this.scene, this.camera);
    });
  }

  pose({ weights, head }) {
    for (const morphs of this.morphs) morphs.apply(weights);
    this.joint.quaternion.set(head[0], head[1], head[2], head[3]);
  }
}

/** Whether this browser draws without a graphics card. */
export function drawsInSoftware() {
  const context = document.createElement("canvas").getContext("webgl2");
  if (!context) throw new Error("this browser has no WebGL 2");
  const info = context.getExtension("WEBGL_debug_renderer_info");
  const name = context.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : context.RENDERER);
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
}

/** The colours' fourth channel tells how much light from afar reaches a place. */
function keepShineOutOfFolds(shader) {
  shader.fragmentShader = shader.fragmentShader.replace(
    "#include <lights_fragment_end>",
    "#include <lights_fragment_end>\nreflectedLight.directSpecular *= vColor.a;",
  );
}
