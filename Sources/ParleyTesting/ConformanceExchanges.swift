internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

extension Conformance {
  /// Summands of words and of bits add up to what they came from, for every width.
  package func conversions() throws {
    let widths = Set([0, 1, 7, family.wordBits - 1, family.wordBits]).sorted()
    for count in lengths {
      var random = random(7, UInt64(count))
      let words = randomWords(count, using: &random)
      let bits = (0..<3).map { _ in random.bits(count) }
      for width in widths {
        let name = "summands \(count), width \(width)"
        let values = try evaluate(name, Operands(words: [words])) { party, _, w, _ in
          Exchange.opened(
            try party.exchange(.summands(w[0], width: width), step: .init(instruction: 100)), count: count)
        }
        guard values.count == family.descriptor.arithmeticSummands else { throw fail(name + ": number") }
        var totals = [UInt64](repeating: 0, count: count)
        for value in values {
          guard case .planes(let planes, _) = value, planes.count == width else { throw fail(name + ": planes") }
          for (bit, plane) in planes.enumerated() {
            for e in 0..<count { totals[e] &+= (plane[e / 64] >> UInt64(e % 64) & 1) << UInt64(bit) }
          }
        }
        let mask: UInt64 = width == 64 ? .max : 1 << UInt64(width) &- 1
        guard zip(totals, words).allSatisfy({ ($0 ^ $1) & mask == 0 }) else { throw fail(name) }
      }
      try shiftedSummands(words)
      let name = "bit summands \(count)"
      let values = try evaluate(name, Operands(bits: bits)) { party, _, _, p in
        Exchange.opened(try party.exchange(.bitSummands(p), step: .init(instruction: 100)), count: count)
      }
      let summands = family.descriptor.booleanSummands
      guard values.count == bits.count * summands else { throw fail(name + ": number") }
      for (index, plane) in bits.enumerated() {
        var parity = [UInt64](repeating: 0, count: count)
        for case .words(let part) in values[index * summands..<(index + 1) * summands] {
          guard part.allSatisfy({ $0 <= 1 }) else { throw fail(name + ": not a bit") }
          for e in 0..<count { parity[e] ^= part[e] }
        }
        guard zip(parity, plane).allSatisfy({ $0 == ($1 ? 1 : 0) }) else { throw fail(name) }
      }
    }
  }

  /// Shifted summands are the very summands of the Boolean conversion, shifted: exact truncation relies on it.
  private func shiftedSummands(_ words: [UInt64]) throws {
    let (count, width) = (words.count, family.wordBits)
    for bits in [0, 1, width / 2, width - 1] {
      let name = "shifted summands \(count) by \(bits)"
      let values = try evaluate(name, Operands(words: [words])) { party, engine, w, _ in
        let results = try party.exchanges([
          (.summands(w[0], width: width), .init(instruction: 100)),
          (.shiftedSummands(w[0], bits: bits), .init(instruction: 101)),
        ])
        return results.flatMap { Exchange.opened($0, count: count) }
      }
      let summands = family.descriptor.arithmeticSummands
      guard values.count == 2 * summands else { throw fail(name + ": number") }
      for index in 0..<summands {
        guard case .planes(let planes, _) = values[index], case .words(let shifted) = values[summands + index]
        else { throw fail(name + ": kinds") }
        for e in 0..<count {
          let whole = planes.indices.reduce(UInt64(0)) {
            $0 | (planes[$1][e / 64] >> UInt64(e % 64) & 1) << UInt64($1)
          }
          guard shifted[e] == whole >> UInt64(bits) else { throw fail("\(name): element \(e)") }
        }
      }
    }
  }

  /// A masked opening shows value + mask, and masks of different steps differ.
  package func maskedOpenings() throws {
    for count in lengths where count > 0 {
      var random = random(8, UInt64(count))
      let words = randomWords(count, using: &random)
      let name = "masked opening \(count)"
      let mask = family.wordMask
      let values = try evaluate(name, Operands(words: [words])) { party, engine, w, _ in
        let fresh = try engine.freshMask(count: count, step: .init(instruction: 100))
        let kept = fresh.value
        let masked = try engine.openMasked(w[0], mask: fresh, step: .init(instruction: 101))
        let other = try engine.freshMask(count: count, step: .init(instruction: 102)).value
        // value = opened − mask, as a constant and a share.
        var parts: [Arith] = []
        if count <= 1000 { for value in masked { parts.append(engine.constant(value & mask, count: 1)) } }
        let known = count <= 1000 ? engine.stack(parts) : w[0]
        let back =
          count <= 1000 ? engine.linear([(known, 1), (kept, UInt64.max)], constant: 0, count: count) : w[0]
        return [.arith(back, count: count), .arith(kept, count: count), .arith(other, count: count)]
      }
      try expect(name, [values[0]], words: [words])
      guard case .words(let one) = values[1], case .words(let two) = values[2] else { throw fail(name) }
      guard count < 63 || one != two else { throw fail(name + ": two masks are equal") }
      guard count < 63 || Set(one).count > 10 else { throw fail(name + ": the mask is not random") }
    }
  }

  /// Holders' parts follow each other; one of the holders computes; outputs go to some and not to others.
  package func severalHolders() throws {
    let computing = family.computing
    let holders = [PartyIndex(computing), PartyIndex(0), PartyIndex(computing + 1)]
    let counts = [3, 66, 1]
    var random = random(9)
    let parts = counts.map { randomWords($0, using: &random) }
    let bits = counts.map { random.bits($0) }
    let outside = PartyIndex(computing + 1)
    let recipients = [PartyIndex(computing - 1), outside]
    let world = TestWorld(family, outsiders: 2, seed: seed, links: links)
    let outcome = try world.run { party throws -> [ClearValues] in
      if let place = holders.firstIndex(of: party.index) {
        if hasWords { try party.dealer.dealArith(parts[place], step: .init(instruction: 1, sub: place + 1)) }
        try party.dealer.dealPlanes(
          [bits[place].packedPlane], count: counts[place], step: .init(instruction: 2, sub: place + 1))
        try party.mesh.flush()
      }
      let total = counts.reduce(0, +)
      guard let engine = party.engine else {
        guard party.index == outside else { return [] }
        var received: [ClearValues] = []
        if hasWords {
          received = [.words(try party.receiver.receiveArith(count: total, step: .init(instruction: 3)))]
        }
        return received + [
          .planes(
            try party.receiver.receivePlanes(planes: 1, count: total, step: .init(instruction: 4)), count: total)
        ]
      }
      var words: [Arith] = []
      var planes: [Plane] = []
      for (place, holder) in holders.enumerated() where hasWords {
        words.append(
          try engine.receiveArith(
            from: holder, count: counts[place], step: .init(instruction: 1, sub: place + 1)))
      }
      for (place, holder) in holders.enumerated() {
        planes += try engine.receivePlanes(
          from: holder, planes: 1, count: counts[place], step: .init(instruction: 2, sub: place + 1))
      }
      var opened: [(step: StepID, value: Opened<Arith, Plane>)] = []
      if hasWords {
        opened = [(.init(instruction: 3), .arith(engine.concatenate(words), count: total))]
      }
      opened.append((.init(instruction: 4), .planes([engine.concatenate(planes: planes)], count: total)))
      try party.compareInputs()
      let token = try engine.verify(through: .init(instruction: 10))
      for (step, value) in opened { try engine.startOpening(value, to: recipients, step: step, token: token) }
      try party.mesh.flush()
      guard recipients.contains(party.index) else { return [] }
      return try opened.map { try engine.finishOpening($0.value, step: $0.step) }
    }
    for recipient in recipients {
      let values = outcome.values[recipient.rawValue]
      guard let last = values.last, values.count == (hasWords ? 2 : 1) else {
        throw fail("several holders: \(recipient) received nothing")
      }
      if hasWords { try expect("several holders", [values[0]], words: [parts.flatMap { $0 }]) }
      try expect("several holders", [last], bits: [bits.flatMap { $0 }])
    }
  }
}
