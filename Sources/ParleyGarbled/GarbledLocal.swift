package import ParleyBase
internal import ParleyCrypto
package import ParleyEngine

/// Operations without a message. XOR adds labels; NOT adds Δ to the label of 0, and the evaluator's stays.
extension GarbledEngine {
  private func made(_ count: Int, _ body: (UnsafeMutablePointer<UInt64>) -> Void) -> GarbledPlane {
    let storage = Storage<UInt64>(uninitialized: 2 * count, pool: pool)
    body(storage.pointer)
    return GarbledPlane(storage, count: count)
  }

  /// `label` ⊕ bit · Δ at the garbler, `label` at the evaluator.
  private func publicLabel(_ bit: UInt64) -> (UInt64, UInt64) {
    guard let delta else { return (constantLabel[0], constantLabel[1]) }
    let mask = 0 &- (bit & 1)
    return (constantLabel[0] ^ (delta[0] & mask), constantLabel[1] ^ (delta[1] & mask))
  }

  /// The active label is the same for all public bits, uniform and known to both; the label of 0 follows from it.
  package func constantPlane(_ value: Bool, count: Int) -> GarbledPlane {
    let (low, high) = publicLabel(value ? 1 : 0)
    return made(count) { out in
      for index in 0..<count {
        out[2 * index] = low
        out[2 * index + 1] = high
      }
    }
  }
  package func constantPlanes(_ bits: [[UInt64]], count: Int) -> [GarbledPlane] {
    bits.map { words in
      made(count) { out in
        for index in 0..<count {
          let (low, high) = publicLabel(words[index / 64] >> UInt64(index % 64))
          out[2 * index] = low
          out[2 * index + 1] = high
        }
      }
    }
  }

  /// The evaluator's random bit of a transfer and a random bit of the garbler's add up to one that neither knows.
  package func randomPlanes(_ planes: Int, count: Int, step: StepID) throws(ParleyError) -> [GarbledPlane] {
    let total = planes * count
    guard let delta else {
      return Self.planes(of: try labels.evaluatorRows(total).rows, items: planes, count: count)
    }
    let rows = try labels.garblerRows(total)
    let bits = Storage<UInt64>(uninitialized: (total + 63) / 64, pool: pool)
    SecureRandom.fill(bits.bytes)
    LabelBits.addDifference(delta, where: bits.pointer, to: rows.pointer, count: total)
    withExtendedLifetime((rows, bits)) {}
    return Self.planes(of: rows, items: planes, count: count)
  }

  package func xor(_ a: GarbledPlane, _ b: GarbledPlane, count: Int) -> GarbledPlane {
    precondition(
      (a.count == count || a.count == 1) && (b.count == count || b.count == 1), "operand of another length")
    return withExtendedLifetime((a, b)) {
      made(count) { out in
        guard a.count != count || b.count != count else {
          return Kernels.xor(a.pointer, b.pointer, into: out, words: 2 * count)
        }
        let (x, y) = (a.pointer, b.pointer)
        let (stepX, stepY) = (a.count == count ? 2 : 0, b.count == count ? 2 : 0)
        for index in 0..<count {
          out[2 * index] = x[index * stepX] ^ y[index * stepY]
          out[2 * index + 1] = x[index * stepX + 1] ^ y[index * stepY + 1]
        }
      }
    }
  }
  package func not(_ a: GarbledPlane) -> GarbledPlane {
    guard let delta else { return a }
    return withExtendedLifetime(a) {
      made(a.count) { out in
        for index in 0..<a.count {
          out[2 * index] = a.pointer[2 * index] ^ delta.pointer[0]
          out[2 * index + 1] = a.pointer[2 * index + 1] ^ delta.pointer[1]
        }
      }
    }
  }

  package func stack(planes: [GarbledPlane]) -> GarbledPlane {
    withExtendedLifetime(planes) {
      made(planes.reduce(0) { $0 + $1.count }) { out in
        var at = out
        for part in planes {
          at.update(from: part.pointer, count: 2 * part.count)
          at += 2 * part.count
        }
      }
    }
  }
  package func element(_ a: GarbledPlane, at index: Int) -> GarbledPlane { slice(a, start: index, count: 1) }
  package func slice(_ a: GarbledPlane, start: Int, count: Int) -> GarbledPlane {
    precondition(start >= 0 && count >= 0 && start + count <= a.count, "no such elements")
    return GarbledPlane(a.storage, start: a.start + start, count: count)
  }
  package func `repeat`(_ a: GarbledPlane, count: Int) -> GarbledPlane {
    precondition(a.count == 1, "only one element can be repeated")
    return withExtendedLifetime(a) {
      made(count) { out in
        for index in 0..<count {
          out[2 * index] = a.pointer[0]
          out[2 * index + 1] = a.pointer[1]
        }
      }
    }
  }
  package func gather(
    words: [NoWords], planes: [GarbledPlane], by order: [Int32]
  ) -> (words: [NoWords], planes: [GarbledPlane]) {
    let rows = planes.first?.count ?? 0
    precondition(planes.allSatisfy { $0.count == rows }, "columns of different lengths")
    precondition(planes.isEmpty || order.allSatisfy { $0 >= 0 && Int($0) < rows }, "no such element")
    return (
      [],
      planes.map { plane in
        withExtendedLifetime(plane) {
          made(order.count) { out in
            for (index, row) in order.enumerated() {
              out[2 * index] = plane.pointer[2 * Int(row)]
              out[2 * index + 1] = plane.pointer[2 * Int(row) + 1]
            }
          }
        }
      }
    )
  }
}

/// Bits beside labels.
enum LabelBits {
  /// Adds Δ to the labels whose bit is set.
  static func addDifference(
    _ delta: Storage<UInt64>, where bits: UnsafePointer<UInt64>, to labels: UnsafeMutablePointer<UInt64>,
    count: Int
  ) {
    let (low, high) = (delta[0], delta[1])
    for index in 0..<count {
      let mask = 0 &- (bits[index / 64] >> UInt64(index % 64) & 1)
      labels[2 * index] ^= low & mask
      labels[2 * index + 1] ^= high & mask
    }
  }

  /// The bits of planes one after the other without gaps.
  static func packed(
    _ planes: UnsafePointer<UInt64>, _ layout: PlaneLayout, into out: UnsafeMutablePointer<UInt64>
  ) {
    out.update(repeating: 0, count: (layout.planes * layout.count + 63) / 64)
    for plane in 0..<layout.planes {
      Kernels.insert(
        planes + plane * layout.wordsPerPlane, count: layout.count, into: out, at: plane * layout.count)
    }
  }

  /// The colours of labels as a plane.
  static func colours(
    _ labels: UnsafePointer<UInt64>, count: Int, into plane: UnsafeMutablePointer<UInt64>
  ) {
    for word in 0..<(count + 63) / 64 {
      var bits: UInt64 = 0
      for bit in 0..<min(64, count - 64 * word) { bits |= (labels[2 * (64 * word + bit)] & 1) << UInt64(bit) }
      plane[word] = bits
    }
  }
}
