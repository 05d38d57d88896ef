import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// What goes over the wire with fixed keys. A change here breaks compatibility between versions: bump the
/// protocol version and say so in the changelog before touching the numbers.
@Suite struct WireTests {
  @Test func theWireHasNotChanged() throws {
    var digests: [String: UInt64] = [:]
    for name in Self.expected.keys { digests[name] = try digest(name) }
    #expect(digests == Self.expected)
  }

  @Test func otherKeysGiveAnotherWire() throws {
    for name in Self.expected.keys where name != "openToComputing" {
      #expect(try digest(name) != digest(name, seed: 52))
    }
  }

  static let expected: [String: UInt64] = [
    "multiply": 0x163aece8fc65ed2f,
    "productSums": 0x2c0dcb0ac1d0e3dd,
    "columns": 0x558cf04047905568,
    "inner": 0x757d6c565ac4e8a6,
    "matrix": 0x32bf1ac10d80ad98,
    "and": 0x7af5eaf743ecddcd,
    "summands": 0x051b72b43b506f2e,
    "bitSummands": 0x7302fb1ea9b81774,
    "shiftedSummands": 0xe88ed85ab856129c,
    "inputArith": 0x81a4d737a07e1253,
    "inputPlanes": 0x503cad59368227cf,
    "openToComputing": 0xabc809d514df58fc,
    "openToRecipient": 0x268c5409404ca9e5,
    "openMasked": 0x19ea7ef6590b623c,
  ]

  /// FNV-1a over the steps and contents of all messages but the control messages, link by link.
  private func digest(_ name: String, seed: UInt64 = 51) throws -> UInt64 {
    let count = 67
    let words = (0..<count).map { UInt64($0) &* 0x9e37_79b9_7f4a_7c15 }
    let bits = (0..<count).map { $0 % 3 == 0 }
    let world = TestWorld(
      ReplicatedFamily(UInt64.self), outsiders: 1, seed: seed, links: .intercepted(.digests, nil))
    let outcome = try world.run { party throws in
      let step = StepID(instruction: 7)
      let outside = PartyIndex(3)
      guard let engine = party.engine else {
        switch name {
        case "inputArith": try party.dealer.dealArith(words, step: step)
        case "inputPlanes": try party.dealer.dealPlanes([bits.packedPlane], count: count, step: step)
        case "openToRecipient": _ = try party.receiver.receiveArith(count: count, step: step)
        default: break
        }
        return
      }
      let a = engine.stack(words.map { engine.constant($0, count: 1) })
      let p = engine.stack(planes: bits.map { engine.constantPlane($0, count: 1) })
      let exchange: Exchange<SharedWords<UInt64>, SharedPlane>
      switch name {
      case "multiply": exchange = .multiply([(a, a), (a, a)], count: count)
      case "productSums": exchange = .productSums([[(a, a), (a, a)], [(a, a)]], count: count)
      case "columns": exchange = .columnProduct([a, a], [a])
      case "inner": exchange = .innerProducts([[(a, a)], [(a, a), (a, a)]])
      case "matrix": exchange = .matrixProduct(a, a, rows: 1, inner: count, columns: 1)
      case "and": exchange = .and([(p, p), (p, p)], count: count)
      case "summands": exchange = .summands(a, width: 64)
      case "bitSummands": exchange = .bitSummands([p])
      case "shiftedSummands": exchange = .shiftedSummands(a, bits: 13)
      case "inputArith":
        _ = try engine.receiveArith(from: outside, count: count, step: step)
        return
      case "inputPlanes":
        _ = try engine.receivePlanes(from: outside, planes: 1, count: count, step: step)
        return
      case "openMasked":
        let mask = try engine.freshMask(count: count, step: .init(instruction: 6))
        _ = try engine.openMasked(a, mask: mask, step: step)
        return
      default:
        let value = Opened<SharedWords<UInt64>, SharedPlane>.arith(a, count: count)
        let to = name == "openToRecipient" ? outside : PartyIndex(1)
        try engine.startOpening(value, to: [to], step: step, token: try engine.verify(through: step))
        if to == party.index { _ = try engine.finishOpening(value, step: step) }
        return
      }
      _ = try party.exchange(exchange, step: step)
    }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ value: UInt64) {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        hash = (hash ^ (value >> shift & 0xff)) &* 0x100_0000_01b3
      }
    }
    for (link, entries) in try #require(outcome.transcript).links.sorted(by: { $0.key < $1.key }) {
      mix(UInt64(link.from.rawValue) << 8 | UInt64(link.to.rawValue))
      for entry in entries where entry.step.instruction < StepID.firstControlInstruction {
        mix(entry.step.rawValue)
        mix(UInt64(entry.byteCount))
        mix(entry.digest)
      }
    }
    return hash
  }
}
