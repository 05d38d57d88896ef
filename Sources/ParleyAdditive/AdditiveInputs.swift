package import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
package import ParleyNetwork

/// The shares of a holder's value x: x_0 is a stream under a seed that party 0 receives, x_1 = x − x_0 goes to party 1. One word on
/// the wire for each value.
enum AdditiveSeed {
  static let step = StepID.control(16)
  static let bytes = 16

  static func generator(_ seed: Storage<UInt8>) -> AddressedPRG {
    let key = withExtendedLifetime(seed) { AESKey(UnsafeRawBufferPointer(seed.bytes)) }
    let ledger = UseOnceLedger()
    ledger.adopt(key)
    return AddressedPRG(role: .input, prover: nil, key: key, ledger: ledger)
  }
}

extension AdditiveEngine {
  private func generator(of holder: PartyIndex) throws(ParleyError) -> AddressedPRG {
    if let known = holderSeeds[holder] { return known }
    var bytes = try mesh.receiveControl(step: AdditiveSeed.step, from: holder, atMost: AdditiveSeed.bytes)
    defer { SecureMemory.zeroize(&bytes) }
    guard bytes.count == AdditiveSeed.bytes else {
      throw ParleyError(
        .protocolViolation, "malformed message: an input seed of a wrong length", origin: .init(holder))
    }
    let generator = AdditiveSeed.generator(Storage(copying: bytes))
    holderSeeds[holder] = generator
    return generator
  }

  package func receiveArith(
    from holder: PartyIndex, count: Int, step: StepID
  ) throws(ParleyError) -> Arith {
    let storage = Storage<Word>(repeating: 0, count: count, pool: pool)
    if isFirst {
      let stream = try generator(of: holder).stream(step)
      Word.apply(
        .add, of: stream.key, stream: stream.stream, firstElement: 0, to: storage.pointer, count: count)
    } else {
      try mesh.receiveWords(into: storage.pointer, count: count, from: holder, step: step)
    }
    return AdditiveWords(storage, count: count)
  }

  package func receivePlanes(
    from holder: PartyIndex, planes: Int, count: Int, step: StepID
  ) throws(ParleyError) -> [Plane] {
    let layout = PlaneLayout(planes: planes, count: count)
    let storage: Storage<UInt64>
    if isFirst {
      storage = try generator(of: holder).stream(step).words(layout.words, pool: pool)
      layout.maskTails(storage.pointer, 0..<layout.words)
    } else {
      storage = Storage(uninitialized: layout.words, pool: pool)
      try mesh.receivePlanes(into: storage.pointer, layout, from: holder, step: step)
    }
    return layout.planes(of: storage)
  }
}

/// A holder's side of the input protocol. Draws its seed from the operating system; it may be a computing party itself.
package final class AdditiveDealer<Word: RingWord>: InputDealer {
  private let mesh: any MessageLinks
  private let generator: AddressedPRG
  private let pool = BufferPool()
  /// Gone once it has been sent.
  private var seed: Storage<UInt8>?

  /// A dealer for this party's mesh, with a new seed.
  package convenience init(mesh: any MessageLinks) {
    let seed = Storage<UInt8>(uninitialized: AdditiveSeed.bytes)
    SecureRandom.fill(seed.bytes)
    self.init(mesh: mesh, seed: seed)
  }

  /// For tests, which need a run they can repeat.
  package convenience init(mesh: any MessageLinks, insecureSeed: [UInt8]) {
    precondition(insecureSeed.count == AdditiveSeed.bytes)
    self.init(mesh: mesh, seed: Storage(copying: insecureSeed))
  }

  private init(mesh: any MessageLinks, seed: Storage<UInt8>) {
    self.mesh = mesh
    self.seed = seed
    generator = AdditiveSeed.generator(seed)
  }

  private func sendSeed() throws(ParleyError) {
    guard let seed else { return }
    self.seed = nil
    try mesh.send(step: AdditiveSeed.step, to: PartyIndex(0), byteCount: seed.count) {
      $0.copyMemory(from: UnsafeRawBufferPointer(seed.bytes))
    }
  }

  package func dealArith(_ values: [UInt64], step: StepID) throws(ParleyError) {
    try sendSeed()
    let stream = try generator.stream(step)
    let rest = Storage<Word>(uninitialized: values.count, pool: pool)
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      WordConversion<Word>.narrow(base, into: rest.pointer, count: values.count)
    }
    Word.apply(
      .subtract, of: stream.key, stream: stream.stream, firstElement: 0, to: rest.pointer, count: values.count)
    try mesh.sendWords(rest.pointer, count: values.count, to: PartyIndex(1), step: step)
    withExtendedLifetime(rest) {}
  }

  package func dealPlanes(_ planes: [[UInt64]], count: Int, step: StepID) throws(ParleyError) {
    try sendSeed()
    let layout = PlaneLayout(planes: planes.count, count: count)
    guard planes.allSatisfy({ $0.count == layout.wordsPerPlane }) else {
      throw ParleyError(.invariant, "planes of another length than the column")
    }
    let rest = try generator.stream(step).words(layout.words, pool: pool)
    for (index, plane) in planes.enumerated() {
      plane.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        let out = rest.pointer + index * layout.wordsPerPlane
        Kernels.xor(out, base, into: out, words: layout.wordsPerPlane)
      }
    }
    layout.maskTails(rest.pointer, 0..<layout.words)
    try mesh.sendPlanes(rest.pointer, layout, to: PartyIndex(1), step: step)
    withExtendedLifetime(rest) {}
  }
}
