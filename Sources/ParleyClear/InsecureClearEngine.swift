package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// The cleartext twin of the sharing engines: one party that sees everything. For tests and for simulating a
/// study; never part of a run between organisations.
///
/// The simplest correct reading of every operation, written without any kernel, so that it can serve as the
/// reference of the others. Values are split into random summands where a real engine would have summands, in
/// the number asked for, so that a lowering is exercised with every number.
package final class InsecureClearEngine: Engine {
  /// Ring words in the clear.
  package typealias Arith = ClearWords
  /// Bits in the clear.
  package typealias Plane = ClearBits
  package typealias Pending = ExchangeResult<ClearWords, ClearBits>

  /// One party, without privacy.
  package let descriptor: EngineDescriptor
  let mesh: any MessageLinks
  private var random: InsecureSplitMix

  /// - Parameters:
  ///   - hasWords: whether it is described as an engine with ring words.
  ///   - seed: of the random summands.
  package init(
    mesh: any MessageLinks, arithmeticSummands: Int = 1, booleanSummands: Int = 1, hasWords: Bool = true,
    seed: UInt64 = 0
  ) {
    precondition((1...3).contains(arithmeticSummands) && (1...3).contains(booleanSummands))
    self.mesh = mesh
    random = InsecureSplitMix(seed: seed)
    descriptor = Self.descriptor(
      arithmeticSummands: arithmeticSummands, booleanSummands: booleanSummands, hasWords: hasWords)
  }

  /// The descriptor of a twin of an engine with so many summands.
  package static func descriptor(
    arithmeticSummands: Int = 1, booleanSummands: Int = 1, hasWords: Bool = true
  ) -> EngineDescriptor {
    var descriptor = EngineDescriptor(
      name: "insecure-clear", adversary: .semiHonest, parties: 1, privacyThreshold: 0,
      arithmeticSummands: arithmeticSummands, booleanSummands: booleanSummands, bytesPerWord: 8, bitsPerBit: 1,
      multiply: .local, and: .local, summands: .local, shiftedSummands: .local, bitSummands: .local,
      inputArith: [.init(from: .holder, to: .party(0), size: .words(8))],
      inputPlanes: [.init(from: .holder, to: .party(0), size: .planes(1))],
      openToComputing: [], openPlanesToComputing: [],
      openToRecipient: Traffic.toRecipient(parties: 1, .words(8)),
      openPlanesToRecipient: Traffic.toRecipient(parties: 1, .planes(1)))
    descriptor.shufflePasses = [.local, .local, .local]
    descriptor.hasWords = hasWords
    descriptor.hasCheckpoints = true
    return descriptor
  }

  // MARK: Local

  package func constant(_ value: UInt64, count: Int) -> ClearWords {
    ClearWords(Array(repeating: value, count: count))
  }
  package func constantPlane(_ value: Bool, count: Int) -> ClearBits {
    ClearBits(Array(repeating: value, count: count))
  }
  package func linear(_ terms: [(ClearWords, UInt64)], constant: UInt64, count: Int) -> ClearWords {
    ClearWords(
      (0..<count).map { index in
        terms.reduce(constant) { $0 &+ $1.0[repeated: index] &* $1.1 }
      })
  }
  package func constantPlanes(_ bits: [[UInt64]], count: Int) -> [ClearBits] {
    bits.map { ClearBits(packed: $0, count: count) }
  }
  package func randomPlanes(_ planes: Int, count: Int, step: StepID) throws(ParleyError) -> [ClearBits] {
    (0..<planes).map { _ in ClearBits((0..<count).map { _ in random.next() & 1 == 1 }) }
  }
  package func runningSum(_ a: ClearWords) -> ClearWords {
    var total: UInt64 = 0
    return ClearWords(
      a.values.map { value in
        total &+= value
        return total
      })
  }
  package func sum(_ a: ClearWords) -> ClearWords { ClearWords([a.values.reduce(0, &+)]) }
  package func stack(_ parts: [ClearWords]) -> ClearWords { ClearWords(parts.flatMap(\.values)) }
  package func element(_ a: ClearWords, at index: Int) -> ClearWords { ClearWords([a.values[index]]) }
  package func xor(_ a: ClearBits, _ b: ClearBits, count: Int) -> ClearBits {
    ClearBits((0..<count).map { a[repeated: $0] != b[repeated: $0] })
  }
  package func not(_ a: ClearBits) -> ClearBits { ClearBits(a.bits.map { !$0 }) }
  package func stack(planes: [ClearBits]) -> ClearBits { ClearBits(planes.flatMap(\.bits)) }
  package func element(_ a: ClearBits, at index: Int) -> ClearBits { ClearBits([a.bits[index]]) }
  package func `repeat`(_ a: ClearBits, count: Int) -> ClearBits {
    ClearBits(Array(repeating: a.bits[0], count: count))
  }
  package func slice(_ a: ClearBits, start: Int, count: Int) -> ClearBits {
    ClearBits(Array(a.bits[start..<start + count]))
  }
  package func gather(
    words: [ClearWords], planes: [ClearBits], by order: [Int32]
  ) -> (words: [ClearWords], planes: [ClearBits]) {
    (
      words.map { column in ClearWords(order.map { column.values[Int($0)] }) },
      planes.map { plane in ClearBits(order.map { plane.bits[Int($0)] }) }
    )
  }
  package func concatenate(_ parts: [ClearWords]) -> ClearWords { stack(parts) }
  package func concatenate(planes parts: [ClearBits]) -> ClearBits { stack(planes: parts) }

  // MARK: One round

  package func start(
    _ exchange: Exchange<ClearWords, ClearBits>, step: StepID
  ) throws(ParleyError) -> Pending {
    switch exchange {
    case .multiply(let pairs, let count):
      return .arith(
        pairs.map { a, b in ClearWords((0..<count).map { a[repeated: $0] &* b[repeated: $0] }) })
    case .productSums(let lists, let count):
      return .arith(
        lists.map { list in
          ClearWords(
            (0..<count).map { element in
              list.reduce(0) { $0 &+ $1.0[repeated: element] &* $1.1[repeated: element] }
            })
        })
    case .innerProducts(let lists):
      return .arith(
        lists.map { list in
          ClearWords([
            list.reduce(0) { total, pair in
              let (a, b) = pair
              let count = a.values.count == 1 ? b.values.count : a.values.count
              return (0..<count).reduce(total) { $0 &+ a[repeated: $1] &* b[repeated: $1] }
            }
          ])
        })
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      var product = [UInt64](repeating: 0, count: rows * columns)
      for row in 0..<rows {
        for column in 0..<columns {
          for k in 0..<inner {
            product[row * columns + column] &+= a.values[row * inner + k] &* b.values[k * columns + column]
          }
        }
      }
      return .arith([ClearWords(product)])
    case .columnProduct(let left, let right):
      return .arith([
        ClearWords(
          left.flatMap { a in
            right.map { b in zip(a.values, b.values).reduce(0) { $0 &+ $1.0 &* $1.1 } }
          })
      ])
    case .and(let pairs, let count):
      return .planes(
        pairs.map { a, b in ClearBits((0..<count).map { a[repeated: $0] && b[repeated: $0] }) })
    case .summands(let a, let width):
      let parts = split(a.values, into: descriptor.arithmeticSummands)
      return .summandPlanes(
        parts.map { part in
          (0..<width).map { bit in ClearBits(part.map { $0 >> UInt64(bit) & 1 == 1 }) }
        })
    case .shiftedSummands(let a, let bits):
      return .arith(
        split(a.values, into: descriptor.arithmeticSummands).map { part in
          ClearWords(part.map { $0 >> UInt64(bits) })
        })
    case .bitSummands(let planes):
      return .summandArith(
        planes.map { plane in
          split(plane.bits, into: descriptor.booleanSummands).map { part in ClearWords(part.map { $0 ? 1 : 0 }) }
        })
    case .shufflePass(let pass, let words, let planes, let count):
      let moved = gather(words: words, planes: planes, by: order(of: count, pass: pass, step))
      return .shuffled(words: moved.words, planes: moved.planes)
    }
  }

  /// Some permutation, always the same for a step and a pass.
  private func order(of count: Int, pass: Int, _ step: StepID) -> [Int32] {
    var random = InsecureSplitMix(seed: step.rawValue &* 3 &+ UInt64(pass))
    return random.order(count)
  }
  package func finish(_ pending: consuming Pending) throws(ParleyError) -> ExchangeResult<ClearWords, ClearBits> {
    pending
  }

  /// Vectors that add up to `values` and look random. One value is split in one way only, as a sharing is: bits
  /// and shifted words of the same summands belong together.
  private func split(_ values: [UInt64], into count: Int) -> [[UInt64]] {
    var rest = values
    var parts: [[UInt64]] = []
    for index in 1..<count {
      let part = values.map { value -> UInt64 in
        var z = (value ^ UInt64(index)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 29)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 32)
      }
      for index in rest.indices { rest[index] &-= part[index] }
      parts.append(part)
    }
    return parts + [rest]
  }
  private func split(_ bits: [Bool], into count: Int) -> [[Bool]] {
    var rest = bits
    var parts: [[Bool]] = []
    for _ in 1..<count {
      let part = bits.map { _ in random.next() & 1 == 1 }
      for index in rest.indices { rest[index] = rest[index] != part[index] }
      parts.append(part)
    }
    return parts + [rest]
  }

  // MARK: Verification and opening

  package func verify(through step: StepID) throws(ParleyError) -> VerificationToken {
    VerificationToken(verifiedThrough: step)
  }
  package func startOpening(
    _ value: Opened<ClearWords, ClearBits>, to recipients: [PartyIndex], step: StepID,
    token: borrowing VerificationToken
  ) throws(ParleyError) {
    try token.checkCovers(step)
    for recipient in recipients where recipient != mesh.local {
      switch value {
      case .arith(let words, _): try mesh.send(step: step, to: recipient, words: words.values)
      case .planes(let planes, let count):
        try mesh.send(step: step, to: recipient, planes: planes.map(\.packed), count: count)
      }
    }
  }
  package func finishOpening(
    _ value: Opened<ClearWords, ClearBits>, step: StepID
  ) throws(ParleyError) -> ClearValues {
    switch value {
    case .arith(let words, _): .words(words.values)
    case .planes(let planes, let count): .planes(planes.map(\.packed), count: count)
    }
  }
  package func openMasked(
    _ value: ClearWords, mask: consuming FreshMask<ClearWords>, step: StepID
  ) throws(ParleyError) -> [UInt64] {
    zip(value.values, mask.value.values).map { $0 &+ $1 }
  }
  package func freshMask(count: Int, step: StepID) throws(ParleyError) -> FreshMask<ClearWords> {
    FreshMask(uniform: ClearWords((0..<count).map { _ in random.next() }))
  }

  // MARK: Inputs

  package func receiveArith(
    from holder: PartyIndex, count: Int, step: StepID
  ) throws(ParleyError) -> ClearWords {
    ClearWords(try mesh.receiveWords(step: step, from: holder, count: count))
  }
  package func receivePlanes(
    from holder: PartyIndex, planes: Int, count: Int, step: StepID
  ) throws(ParleyError) -> [ClearBits] {
    try mesh.receivePlanes(step: step, from: holder, planes: planes, count: count).map {
      ClearBits(packed: $0, count: count)
    }
  }
}
