package import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
package import ParleyNetwork

/// The shares of a holder's bit b: ρ is a stream under a seed that the evaluator receives, and the garbler gets d = b ⊕ ρ. With a transfer (W; r, V = W ⊕ r Δ) of the
/// two, the evaluator sends e = ρ ⊕ r and has V for its label; the garbler has W ⊕ (d ⊕ e) Δ for the label of 0, which is V ⊕ b Δ.
///
/// d and e are uniform and independent of b for the garbler, which knows neither ρ nor r; the evaluator receives nothing but the seed.
enum GarbledSeed {
  static let step = StepID.control(16)
  static let bytes = 16

  static func generator(_ seed: Storage<UInt8>) -> AddressedPRG {
    let key = withExtendedLifetime(seed) { AESKey(UnsafeRawBufferPointer(seed.bytes)) }
    let ledger = UseOnceLedger()
    ledger.adopt(key)
    return AddressedPRG(role: .input, prover: nil, key: key, ledger: ledger)
  }
  /// Of the evaluator's message, beside the holder's at the same step.
  static func correction(_ step: StepID) -> StepID { step.sub(1 << 13 | step.sub) }
}

extension GarbledEngine {
  private func generator(of holder: PartyIndex) throws(ParleyError) -> AddressedPRG {
    if let known = holderSeeds[holder] { return known }
    var bytes = try mesh.receiveControl(step: GarbledSeed.step, from: holder, atMost: GarbledSeed.bytes)
    defer { SecureMemory.zeroize(&bytes) }
    guard bytes.count == GarbledSeed.bytes else {
      throw ParleyError(
        .protocolViolation, "malformed message: a holder's seed of a wrong length", origin: .init(holder))
    }
    let generator = GarbledSeed.generator(Storage(copying: bytes))
    holderSeeds[holder] = generator
    return generator
  }

  /// Labels are complete once the evaluator's bits have come, which are sent when all holders' messages are there: a holder may be a party that
  /// computes, and has sent all its columns by then. Until then the garbler's are only put together, and nothing is computed.
  package func receivePlanes(
    from holder: PartyIndex, planes: Int, count: Int, step: StepID
  ) throws(ParleyError) -> [GarbledPlane] {
    let layout = PlaneLayout(planes: planes, count: count)
    let total = planes * count
    let own: Storage<UInt64>, rows: Storage<UInt64>
    if isGarbler {
      own = Storage<UInt64>(uninitialized: layout.words, pool: pool)
      try mesh.receivePlanes(into: own.pointer, layout, from: holder, step: step)
      rows = try labels.garblerRows(total)
    } else {
      own = try generator(of: holder).stream(step).words(layout.words, pool: pool)
      layout.maskTails(own.pointer, 0..<layout.words)
      let bits: Storage<UInt64>
      (rows, bits) = try labels.evaluatorRows(total)
      let piece = Storage<UInt64>(uninitialized: layout.wordsPerPlane, pool: pool)
      for plane in 0..<planes {
        // ρ ⊕ r, in place.
        Kernels.slice(bits.pointer, start: plane * count, count: count, into: piece.pointer)
        let out = own.pointer + plane * layout.wordsPerPlane
        Kernels.xor(out, piece.pointer, into: out, words: layout.wordsPerPlane)
      }
      withExtendedLifetime((own, bits, piece)) {}
    }
    openInputs.append(OpenInput(bits: own, rows: rows, layout: layout, step: GarbledSeed.correction(step)))
    return Self.planes(of: rows, items: planes, count: count)
  }

  /// The evaluator's bits, for all inputs.
  package func startInputComparison() throws(ParleyError) {
    guard !isGarbler else { return }
    for input in openInputs {
      try mesh.sendPlanes(input.bits.pointer, input.layout, to: peer, step: input.step)
      withExtendedLifetime(input.bits) {}
    }
    openInputs = []
  }

  package func finishInputComparison() throws(ParleyError) {
    guard let delta else { return }
    for input in openInputs {
      let (layout, own) = (input.layout, input.bits)
      let total = layout.planes * layout.count
      let theirs = Storage<UInt64>(uninitialized: layout.words, pool: pool)
      try mesh.receivePlanes(into: theirs.pointer, layout, from: peer, step: input.step)
      Kernels.xor(own.pointer, theirs.pointer, into: own.pointer, words: layout.words)
      let packed = Storage<UInt64>(uninitialized: (total + 63) / 64, pool: pool)
      LabelBits.packed(own.pointer, layout, into: packed.pointer)
      LabelBits.addDifference(delta, where: packed.pointer, to: input.rows.pointer, count: total)
      withExtendedLifetime((own, theirs, packed, input.rows)) {}
    }
    openInputs = []
    for (target, parts) in openParts { Self.copy(parts, into: target) }
    openParts = []
  }

  package func concatenate(planes parts: [GarbledPlane]) -> GarbledPlane {
    let count = parts.reduce(0) { $0 + $1.count }
    let storage = Storage<UInt64>(uninitialized: 2 * count, pool: pool)
    if isGarbler, !openInputs.isEmpty {
      openParts.append((storage, parts))
    } else {
      Self.copy(parts, into: storage)
    }
    return GarbledPlane(storage, count: count)
  }
  private static func copy(_ parts: [GarbledPlane], into storage: Storage<UInt64>) {
    var at = storage.pointer
    for part in parts {
      at.update(from: part.pointer, count: 2 * part.count)
      at += 2 * part.count
    }
    withExtendedLifetime((parts, storage)) {}
  }
}

/// An input of which the evaluator's bits are still to come.
struct OpenInput {
  /// What this party has of them: d at the garbler, e at the evaluator.
  let bits: Storage<UInt64>
  /// Labels, W at the garbler until then.
  let rows: Storage<UInt64>
  let layout: PlaneLayout
  let step: StepID
}

/// A holder's side of the input protocol. Draws its seed from the operating system; it may be a computing party itself.
package final class GarbledDealer: InputDealer {
  private let mesh: any MessageLinks
  private let generator: AddressedPRG
  private let pool = BufferPool()
  /// Gone once it has been sent.
  private var seed: Storage<UInt8>?

  /// A dealer for this party's mesh, with a new seed.
  package convenience init(mesh: any MessageLinks) {
    let seed = Storage<UInt8>(uninitialized: GarbledSeed.bytes)
    SecureRandom.fill(seed.bytes)
    self.init(mesh: mesh, seed: seed)
  }
  /// For tests, which need a run they can repeat.
  package convenience init(mesh: any MessageLinks, insecureSeed: [UInt8]) {
    precondition(insecureSeed.count == GarbledSeed.bytes)
    self.init(mesh: mesh, seed: Storage(copying: insecureSeed))
  }
  private init(mesh: any MessageLinks, seed: Storage<UInt8>) {
    self.mesh = mesh
    self.seed = seed
    generator = GarbledSeed.generator(seed)
  }

  package func dealArith(_ values: [UInt64], step: StepID) throws(ParleyError) {
    throw ParleyError(.invariant, "ring words are dealt for garbling, which has none")
  }
  package func dealPlanes(_ planes: [[UInt64]], count: Int, step: StepID) throws(ParleyError) {
    if let seed {
      self.seed = nil
      try mesh.send(step: GarbledSeed.step, to: PartyIndex(1), byteCount: seed.count) {
        $0.copyMemory(from: UnsafeRawBufferPointer(seed.bytes))
      }
    }
    let layout = PlaneLayout(planes: planes.count, count: count)
    guard planes.allSatisfy({ $0.count == layout.wordsPerPlane }) else {
      throw ParleyError(.invariant, "planes of another length than the column")
    }
    let masked = try generator.stream(step).words(layout.words, pool: pool)
    for (index, plane) in planes.enumerated() {
      plane.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        let out = masked.pointer + index * layout.wordsPerPlane
        Kernels.xor(out, base, into: out, words: layout.wordsPerPlane)
      }
    }
    layout.maskTails(masked.pointer, 0..<layout.words)
    try mesh.sendPlanes(masked.pointer, layout, to: PartyIndex(0), step: step)
    withExtendedLifetime(masked) {}
  }
}
