import Crypto
import ParleyBase
import ParleyCrypto
import ParleyTransfer
import Testing

/// Bytes that the independent program makes as well.
func pattern(_ count: Int, _ seed: Int) -> [UInt8] {
  (0..<count).map { UInt8((37 * seed + $0 * ($0 + 3 + seed) / 2) % 256) }
}

/// Base transfers: known answers, what a party may not reach, and that nothing depends on the choice.
@Suite struct BaseTransferTests {
  static let session = (0..<32).map { UInt8($0) }
  static func context(
    _ sender: Int = 0, _ receiver: Int = 1, set: UInt32 = 0, session: [UInt8] = session
  ) -> TransferContext {
    TransferContext(sessionID: session, sender: PartyIndex(sender), receiver: PartyIndex(receiver), set: set)
  }
  /// In the order of Scripts/transfer-vectors.
  static let cases: [(context: TransferContext, index: Int, branch: UInt8, seed: Int)] = [
    (context(), 0, 0, 1), (context(), 0, 1, 1), (context(), 127, 0, 1), (context(1, 0), 0, 0, 1),
    (context(set: 7), 0, 0, 1), (context(session: session.reversed()), 0, 0, 1), (context(), 0, 0, 2),
  ]

  @Test func hashesAreThoseOfAnIndependentProgram() {
    var all = Set<String>()
    for (number, entry) in Self.cases.enumerated() {
      let hash = TransferHash(context: entry.context)
      let long = hash.group(
        .transferGroup, index: entry.index, branch: entry.branch, pattern(1184, entry.seed)
      ).encoding
      #expect(hexadecimal(SHA256.hash(data: long)) == TransferVectors.group[number])
      let short = hash.group(
        .shortTransferGroup, index: entry.index, branch: entry.branch, pattern(1184, entry.seed)
      ).encoding
      #expect(hexadecimal(SHA256.hash(data: short)) == TransferVectors.shortGroup[number])
      #expect(
        hexadecimal(hash.string(index: entry.index, branch: entry.branch, pattern(1184, 3), pattern(32, 4)))
          == TransferVectors.strings[number])
      let key = hash.key(
        index: entry.index, branch: entry.branch, offerHash: Array(SHA256.hash(data: pattern(2368, 5))),
        ciphertext: pattern(1088, 6), secret: SymmetricKey(data: pattern(32, 7)))
      #expect(hexadecimal(key) == TransferVectors.keys[number])
      all.insert(hexadecimal(long))
      if number == 0 {
        #expect([hexadecimal(long.prefix(32)), hexadecimal(long.suffix(32))] == TransferVectors.wholeElement)
      }
    }
    #expect(all.count == Self.cases.count, "session, parties, set, index, branch and input all matter")
  }

  private func run(
    _ choices: [UInt8], _ kind: BaseTransferKind, receiver: TransferContext = context(),
    sender: TransferContext = context(), offer change: (inout [UInt8]) -> Void = { _ in },
    reply changeReply: (inout [UInt8]) -> Void = { _ in }
  ) throws -> (chosen: [[UInt8]], pairs: [[[UInt8]]]) {
    let receiving = try BaseTransferReceiver(choices: Storage(copying: choices), kind: kind, context: receiver)
    var offer = receiving.offer
    change(&offer)
    let sending = try BaseTransferSender(offer: offer, count: choices.count, kind: kind, context: sender)
    var reply = sending.reply
    changeReply(&reply)
    let pairs = sending.keys.array
    let chosen = try receiving.finish(reply).array
    return (
      choices.indices.map { Array(chosen[32 * $0..<32 * $0 + 32]) },
      choices.indices.map { index in
        (0..<2).map { Array(pairs[32 * (2 * index + $0)..<32 * (2 * index + $0) + 32]) }
      }
    )
  }

  @Test(arguments: BaseTransferKind.allCases) func theChosenKeyAndNoOther(kind: BaseTransferKind) throws {
    let choices: [UInt8] = [0, 1, 1, 0, 1]
    let (chosen, pairs) = try run(choices, kind)
    for (index, choice) in choices.enumerated() {
      #expect(chosen[index] == pairs[index][Int(choice)])
      #expect(chosen[index] != pairs[index][1 - Int(choice)])
    }
    #expect(Set(pairs.joined()).count == 2 * choices.count)
  }

  /// A flipped byte of the chosen ciphertext gives another key and no error; one of the other changes nothing.
  @Test(arguments: BaseTransferKind.allCases) func implicitRejection(kind: BaseTransferKind) throws {
    for choice in 0..<2 as Range<UInt8> {
      for (place, isChosen) in [(17 + 1088 * Int(choice), true), (17 + 1088 * (1 - Int(choice)), false)] {
        let (chosen, pairs) = try run([choice], kind, reply: { $0[place] ^= 1 })
        #expect((chosen[0] == pairs[0][Int(choice)]) == !isChosen)
      }
    }
  }

  /// 3329 and 4095 are no numbers of a key: refused, in either element, before anything is encapsulated. So are other lengths, of whichever part.
  @Test func malformedMessages() throws {
    func code(_ body: () throws -> Void) -> ParleyError.Code? {
      #expect(throws: ParleyError.self) { try body() }?.code
    }
    for value in [3329, 4095] as [UInt16] {
      for place in [0, 1152 - 3, 1184, 1184 + 1152 - 3] {
        #expect(
          code {
            _ = try run(
              [1], .endemic,
              offer: {
                $0[place + 1] = UInt8(value >> 8) << 4 | ($0[place + 1] & 0) | UInt8(value >> 8)
                $0[place] = UInt8(value & 255)
              })
          } == .protocolViolation, "\(value) at \(place)")
      }
    }
    for kind in BaseTransferKind.allCases {
      #expect(code { _ = try run([1], kind, offer: { $0.removeLast() }) } == .protocolViolation)
      #expect(code { _ = try run([1], kind, offer: { $0.append(0) }) } == .protocolViolation)
      for choice in 0..<2 as Range<UInt8> {
        let errors = [1, 1088].map { count in
          #expect(throws: ParleyError.self) { _ = try run([choice], kind, reply: { $0.removeLast(count) }) }
        }
        #expect(Set(errors.map { $0?.description }).count == 1, "one error, whichever ciphertext is short")
      }
    }
    #expect(MaskedKey(encoding: [UInt8](repeating: 0, count: 1184)) != nil)
  }

  /// Message i as message j, another session, exchanged parties, another set: keys that do not fit.
  @Test(arguments: BaseTransferKind.allCases) func everythingIsBound(kind: BaseTransferKind) throws {
    let size = kind.offerBytes
    let swapped = try run(
      [1, 1], kind, offer: { $0 = Array($0[size...] + $0[..<size]) },
      reply: { $0 = Array($0[2176...] + $0[..<2176]) })
    for index in 0..<2 { #expect(!swapped.pairs.joined().contains(swapped.chosen[index])) }
    let others = [
      Self.context(1, 0), Self.context(set: 1), Self.context(session: Self.session.reversed()), Self.context(2, 1),
    ]
    for other in others {
      let (chosen, pairs) = try run([0], kind, receiver: other)
      #expect(!pairs[0].contains(chosen[0]))
    }
  }

  /// On one tape of random numbers, with both choices: as many random bytes in the same portions, messages of one length.
  @Test(arguments: BaseTransferKind.allCases) func nothingDependsOnTheChoice(kind: BaseTransferKind) throws {
    var seen: [[Int]] = []
    var offers: [[UInt8]] = []
    for choice in 0..<2 as Range<UInt8> {
      var random = InsecureSplitMix(seed: 0x5eed_0001)
      var portions: [Int] = []
      let receiver = try BaseTransferReceiver(
        choices: Storage(copying: [choice]), kind: kind, context: Self.context()
      ) { target in
        portions.append(target.count)
        for index in target.indices { target[index] = UInt8(truncatingIfNeeded: random.next()) }
      }
      seen.append(portions)
      offers.append(receiver.offer)
    }
    #expect(seen[0] == seen[1] && offers[0].count == offers[1].count)
    #expect(offers[0] != offers[1])
  }

  /// Coefficients and bytes of r_0 and r_1 by choice: of 16 ranges of numbers, χ² has 15 degrees of freedom, mean 15 and standard deviation 5.5;
  /// the bound is 8 deviations away. With candidates that are not refused, or reduced modulo q, it is above 10,000.
  @Test func bothElementsLookAlike() throws {
    let count = 400
    for choice in 0..<2 as Range<UInt8> {
      var random = InsecureSplitMix(seed: 0x5eed_0002 &+ UInt64(choice))
      let receiver = try BaseTransferReceiver(
        choices: Storage(copying: Array(repeating: choice, count: count)), context: Self.context()
      ) { target in for index in target.indices { target[index] = UInt8(truncatingIfNeeded: random.next()) } }
      for place in 0..<2 {
        var cells = [Double](repeating: 0, count: 16), tails = [Double](repeating: 0, count: 16)
        var largest: UInt16 = 0
        for index in 0..<count {
          let start = index * 2368 + place * 1184
          let element = try #require(MaskedKey(encoding: receiver.offer[start..<start + 1184]))
          for number in element.coefficients {
            cells[Int(number) * 16 / 3329] += 1
            largest = max(largest, number)
          }
          for byte in element.tail { tails[Int(byte >> 4)] += 1 }
        }
        // A cell of numbers has 208 of them, the last 209.
        func value(_ cells: [Double], _ shares: [Double]) -> Double {
          let total = cells.reduce(0, +)
          return zip(cells, shares).reduce(0) {
            $0 + ($1.0 - $1.1 * total) * ($1.0 - $1.1 * total) / ($1.1 * total)
          }
        }
        let sizes = (0..<16).map { cell in Double((0..<3329).count { $0 * 16 / 3329 == cell }) / 3329 }
        #expect(value(cells, sizes) < 59, "r_\(place), choice \(choice), seed 0x5eed0002")
        #expect(value(tails, Array(repeating: 1 / 16, count: 16)) < 59, "ρ of r_\(place), choice \(choice)")
        #expect(largest < 3329 && largest > 3320)
      }
    }
  }

  /// Where too few candidates are below q the stream goes on.
  @Test func aStreamMayGoOn() {
    var parts: [Int] = []
    let element = MaskedKey { part in
      parts.append(part)
      return part == 0 ? Array(repeating: 0xff, count: MaskedKey.sampleBytes) : pattern(2048, part)
    }
    #expect(parts.count > 1 && parts == Array(0..<parts.count))
    #expect(MaskedKey(encoding: element.encoding) == element)
  }
}
