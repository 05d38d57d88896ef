internal import ParleyAlgebra
package import ParleyBase
package import ParleyEngine

/// Local operations do the same to values and macs; a public constant c has the mac c·[r].
extension MacReplicatedEngine {
  package func constant(_ value: UInt64, count: Int) -> Arith { linear([], constant: value, count: count) }

  package func linear(_ terms: [(Arith, UInt64)], constant: UInt64, count: Int) -> Arith {
    let value = linearWords(terms.map { ($0.0.value, $0.1) }, constant: constant, count: count)
    var macs: [(SharedWords<UInt128>, UInt64)] = []
    for (term, factor) in terms {
      guard let mac = term.mac else { return AuthenticatedWords(value, mac: nil) }
      macs.append((mac, factor))
    }
    if constant != 0 { macs.append((key, constant)) }
    return AuthenticatedWords(value, mac: linearWords(macs, constant: 0, count: count))
  }

  package func sum(_ a: Arith) -> Arith {
    AuthenticatedWords(sumWords(a.value), mac: a.mac.map { sumWords($0) })
  }

  package func runningSum(_ a: Arith) -> Arith {
    AuthenticatedWords(runningSumWords(a.value), mac: a.mac.map { runningSumWords($0) })
  }

  package func scaled(_ a: Arith, by numbers: [UInt64]) -> Arith {
    AuthenticatedWords(scaledWords(a.value, by: numbers), mac: a.mac.map { scaledWords($0, by: numbers) })
  }

  package func stack(_ parts: [Arith]) -> Arith {
    let macs = parts.compactMap(\.mac)
    return AuthenticatedWords(
      stackWords(parts.map(\.value)), mac: macs.count == parts.count ? stackWords(macs) : nil)
  }

  package func element(_ a: Arith, at index: Int) -> Arith {
    AuthenticatedWords(wordsElement(a.value, at: index), mac: a.mac.map { wordsElement($0, at: index) })
  }

  package func slice(words: [Arith], start: Int, count: Int) -> [Arith] {
    words.map { words in
      AuthenticatedWords(
        words.value.part(start, count: count), mac: words.mac.map { $0.part(start, count: count) })
    }
  }

  package func gather(
    words: [Arith], planes: [Plane], by order: [Int32]
  ) -> (words: [Arith], planes: [Plane]) {
    let values = gatherWords(words.map(\.value), by: order)
    let moved = zip(words, values).map { source, value in
      AuthenticatedWords(value, mac: source.mac.map { gatherWords([$0], by: order)[0] })
    }
    return (moved, gatherPlanes(planes, by: order))
  }

  /// Parts of one input column that have no macs yet get them together, as one vector.
  package func concatenate(_ parts: [Arith]) -> Arith {
    let places = parts.compactMap(\.place)
    let waiting = inputs.filter { input in places.contains { $0 === input.place } }
    guard !parts.isEmpty, waiting.count == parts.count else { return stack(parts) }
    inputs.removeAll { input in places.contains { $0 === input.place } }
    let whole = MacPlace()
    var start = 0
    for (part, place) in zip(parts, places) {
      place.redirect(to: whole, start: start)
      start += part.count
    }
    let result = AuthenticatedWords(stackWords(parts.map(\.value)), .later(whole))
    inputs.append(result)
    return result
  }

  package func freshMask(count: Int, step: StepID) throws(ParleyError) -> FreshMask<Arith> {
    FreshMask(
      uniform: AuthenticatedWords(try openKeys.uniformWords(count: count, step: step, pool: pool), mac: nil))
  }
}
