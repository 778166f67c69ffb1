// Moves the vertices of a mesh by its targets, and turns its normals with them.
//
// On the CPU: few curves move few vertices, while a graphics card (and more so a machine without one)
// would go through all 52 targets for every vertex; and normals come out exact.

export class Morphs {
  /** Takes the targets over from a mesh of three.js. */
  constructor(mesh) {
    const { geometry } = mesh;
    this.position = geometry.attributes.position;
    this.normal = geometry.attributes.normal;
    this.rest = this.position.array.slice();
    this.index = geometry.index.array;
    this.targets = geometry.morphAttributes.position.map(({ array }) => movesOf(array));
    this.hasTargets = this.targets.some(({ places }) => places.length);
    this.shown = new Float32Array(this.targets.length).fill(NaN);
    geometry.morphAttributes = {};
    mesh.morphTargetInfluences = undefined;
  }

  /** Show the mesh with these weights. */
  apply(weights) {
    if (!this.hasTargets || this.shown.every((weight, i) => weight === weights[i])) return;
    this.shown.set(weights.subarray ? weights.subarray(0, this.shown.length) : weights);
    const moved = this.position.array;
    moved.set(this.rest);
    this.targets.forEach(({ places, moves }, target) => {
      const weight = weights[target];
      if (weight === 0) return;
      for (let i = 0; i < places.length; i++) {
        const to = places[i] * 3, from = i * 3;
        moved[to] += weight * moves[from];
        moved[to + 1] += weight * moves[from + 1];
        moved[to + 2] += weight * moves[from + 2];
      }
    });
    this.turnNormals(moved);
    this.position.needsUpdate = this.normal.needsUpdate = true;
  }

  /** The mean of a vertex's triangles by their area. The shader brings it to unit length. */
  turnNormals(moved) {
    const { index } = this;
    const normals = this.normal.array;
    normals.fill(0);
    for (let i = 0; i < index.length; i += 3) {
      const a = index[i] * 3, b = index[i + 1] * 3, c = index[i + 2] * 3;
      const ux = moved[b] - moved[a], uy = moved[b + 1] - moved[a + 1], uz = moved[b + 2] - moved[a + 2];
      const vx = moved[c] - moved[a], vy = moved[c + 1] - moved[a + 1], vz = moved[c + 2] - moved[a + 2];
      const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
      normals[a] += x; normals[a + 1] += y; normals[a + 2] += z;
      normals[b] += x; normals[b + 1] += y; normals[b + 2] += z;
      normals[c] += x; normals[c + 1] += y; normals[c + 2] += z;
    }
    for (let i = 0; i < normals.length; i += 3) {
      const length = Math.hypot(normals[i], normals[i + 1], normals[i + 2]) || 1;
      normals[i] /= length; normals[i + 1] /= length; normals[i + 2] /= length;
    }
  }
}

/** Which vertices a target moves, and how far. */
function movesOf(array) {
  const places = [];
  for (let i = 0; i < array.length; i += 3) if (array[i] || array[i + 1] || array[i + 2]) places.push(i / 3);
  const moves = new Float32Array(places.length * 3);
  places.forEach((place, i) => moves.set(array.subarray(place * 3, place * 3 + 3), i * 3));
  return { places: Int32Array.from(places), moves };
}
