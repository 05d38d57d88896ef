package import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork

/// What all engines on replicated shares have in common, whatever adversary they withstand and whatever they keep
/// beside the shares of a value: the messages of products and inputs, vectors of shares, and everything that needs no
/// communication.
///
/// Public constants enter at share 0, which P_0 holds as lo and P_2 as hi.
package protocol ReplicatedParty: AnyObject {
  /// This party, 0 to 2.
  var party: Int { get }
  /// Links to the others, of which the first three compute.
  var mesh: any MessageLinks { get }
  /// Memory that vectors of shares are taken from.
  var pool: BufferPool { get }
  /// Who receives this party's summands of products: party i − 1.
  var previous: PartyIndex { get }
  /// Who sends its own to this party: party i + 1.
  var next: PartyIndex { get }
  /// Keys of the zero sharings that mask summands of products: one in common with the previous party, one with the
  /// next.
  var multiplyKeys: RolePair { get }
  /// Keys of what openings draw: masks of the shares that recipients without a part in the computation get, and fresh
  /// masks.
  var openKeys: RolePair { get }
  /// By holder that has dealt already: the seeds of shares 0 and 1 as far as this party knows them.
  var holderSeeds: [PartyIndex: HolderSeeds] { get set }
}

/// An engine whose ring words are replicated shares and nothing else.
package protocol ReplicatedSharing: ReplicatedParty, Engine
where Arith == SharedWords<Word>, Plane == SharedPlane {
  associatedtype Word: RingWord
  var shuffleKeys: ShuffleKeys { get }
}

/// The generators of one role under k_i (shared with the predecessor) and k_{i+1} (with the successor).
package struct RolePair {
  let mine: AddressedPRG
  let next: AddressedPRG
  init(_ role: KeyRole, previous: KeySchedule, next: KeySchedule) {
    mine = previous.generator(role)
    self.next = next.generator(role)
  }
  /// For all roles of both keys.
  func begin(pass numbers: Range<Int>) {
    mine.begin(pass: numbers)
    next.begin(pass: numbers)
  }
  func endPass() {
    mine.endPass()
    next.endPass()
  }
  /// Streams that the ledgers of both keys keep.
  package var noted: Int { mine.noted + next.noted }
  func zeroSharing(_ step: StepID) throws(ParleyError) -> ZeroSharing {
    try AddressedPRG.zeroSharing(mine: mine, next: next, step: step)
  }
}

/// What an exchange still has to receive. The result is complete already but for the words that arrive: its
/// vectors are views into the buffers that are received into.
package struct ReplicatedPending<Word: RingWord> {
  enum Incoming {
    case words(Storage<Word>, start: Int, count: Int, chunk: Int)
    case planes(Storage<UInt64>, start: Int, PlaneLayout)
  }
  let result: ExchangeResult<SharedWords<Word>, SharedPlane>
  let incoming: Incoming?
  let sender: PartyIndex
  let step: StepID
  /// Of products: what masks the summands.
  var zero: ZeroSharing?
  /// Of shuffles: messages of other senders and steps.
  var more: [Arrival] = []

  struct Arrival {
    let incoming: Incoming
    let sender: PartyIndex
    let step: StepID
  }
}

extension ReplicatedParty {
  var holdsConstantLo: Bool { party == 0 }
  var holdsConstantHi: Bool { party == 2 }

  func receive<Word>(
    _ pending: consuming ReplicatedPending<Word>
  ) throws(ParleyError) -> ExchangeResult<SharedWords<Word>, SharedPlane> {
    if let incoming = pending.incoming { try receive(incoming, from: pending.sender, pending.step) }
    for arrival in pending.more { try receive(arrival.incoming, from: arrival.sender, arrival.step) }
    return pending.result
  }

  private func receive<Word>(
    _ incoming: ReplicatedPending<Word>.Incoming, from sender: PartyIndex, _ step: StepID
  ) throws(ParleyError) {
    switch incoming {
    case .words(let storage, let start, let count, let chunk):
      try receiveWords(into: storage.pointer + start, count: count, from: sender, step: step, chunk: chunk)
    case .planes(let storage, let start, let layout):
      try receivePlanes(into: storage.pointer + start, layout, from: sender, step: step)
    }
  }

  func mismatch(_ what: String, _ step: StepID) -> ParleyError {
    ParleyError(.invariant, "\(what) of an exchange do not fit together", at: .init(item: step.description))
  }

  func newWords<Word: RingWord>(
    _ word: Word.Type = Word.self, _ count: Int
  ) -> (storage: Storage<Word>, vector: SharedWords<Word>) {
    let storage = Storage<Word>(uninitialized: 2 * count, pool: pool)
    return (storage, SharedWords(storage, lo: 0, hi: count, count: count))
  }

  func linearWords<Word: RingWord>(
    _ terms: [(SharedWords<Word>, UInt64)], constant: UInt64, count: Int
  ) -> SharedWords<Word> {
    let (storage, result) = newWords(Word.self, count)
    let constant = lift(constant, Word.self)
    let lo = holdsConstantLo ? constant : 0
    let hi = holdsConstantHi ? constant : 0
    combine(terms, takesHi: false, constant: lo, count: count, into: storage.pointer)
    combine(terms, takesHi: true, constant: hi, count: count, into: storage.pointer + count)
    return result
  }

  /// Public words in a ring. In a wider one −1 stays −1: any number does that is the same mod 2^64, as long as values and
  /// macs take the same one.
  private func lift<Word: RingWord>(_ value: UInt64, _ ring: Word.Type) -> Word {
    Word(truncatingIfNeeded: Int64(bitPattern: value))
  }

  /// One of the two shares of a linear combination. Terms of one element add up to one addend first.
  private func combine<Word: RingWord>(
    _ terms: [(SharedWords<Word>, UInt64)], takesHi: Bool, constant: Word, count: Int,
    into out: UnsafeMutablePointer<Word>
  ) {
    var addend = constant
    var whole = 0, first = -1, second = -1
    for (place, (term, factor)) in terms.enumerated() {
      precondition(term.count == count || term.count == 1, "operand of another length")
      if term.count == 1 {
        addend &+= (takesHi ? term.hi : term.lo)[0] &* lift(factor, Word.self)
      } else {
        whole += 1
        if first < 0 { first = place } else if second < 0 { second = place }
      }
    }
    func share(_ place: Int) -> UnsafePointer<Word> { takesHi ? terms[place].0.hi : terms[place].0.lo }
    guard whole > 0 else {
      out.update(repeating: addend, count: count)
      return
    }
    if whole == 2, addend == 0, terms[first].1 == 1, terms[second].1 == 1 {
      Word.add(share(first), share(second), into: out, count: count)
    } else if whole == 2, addend == 0, terms[first].1 == 1, terms[second].1 == UInt64.max {
      Word.subtract(share(first), share(second), into: out, count: count)
    } else {
      Word.affine(share(first), factor: lift(terms[first].1, Word.self), addend: addend, into: out, count: count)
      for place in terms.indices where place > first && terms[place].0.count != 1 {
        Word.accumulate(share(place), factor: lift(terms[place].1, Word.self), into: out, count: count)
      }
    }
  }

  func sumWords<Word: RingWord>(_ a: SharedWords<Word>) -> SharedWords<Word> {
    let (storage, result) = newWords(Word.self, 1)
    storage.pointer[0] = Word.sum(a.lo, count: a.count)
    storage.pointer[1] = Word.sum(a.hi, count: a.count)
    return result
  }

  func runningSumWords<Word: RingWord>(_ a: SharedWords<Word>) -> SharedWords<Word> {
    let (storage, result) = newWords(Word.self, a.count)
    var lo: Word = 0, hi: Word = 0
    for index in 0..<a.count {
      lo &+= a.lo[index]
      hi &+= a.hi[index]
      storage.pointer[index] = lo
      storage.pointer[a.count + index] = hi
    }
    return result
  }

  func scaledWords<Word: RingWord>(_ a: SharedWords<Word>, by numbers: [UInt64]) -> SharedWords<Word> {
    precondition(numbers.count == a.count, "as many numbers as elements")
    let (storage, result) = newWords(Word.self, a.count)
    for index in 0..<a.count {
      // As a signed number, which is the same modulo 2^64 and in rings of more bits.
      let factor = Word(truncatingIfNeeded: Int64(bitPattern: numbers[index]))
      storage.pointer[index] = a.lo[index] &* factor
      storage.pointer[a.count + index] = a.hi[index] &* factor
    }
    return result
  }

  func stackWords<Word: RingWord>(_ parts: [SharedWords<Word>]) -> SharedWords<Word> {
    let count = parts.reduce(0) { $0 + $1.count }
    let (storage, result) = newWords(Word.self, count)
    var at = storage.pointer
    for part in parts {
      at.update(from: part.lo, count: part.count)
      (at + count).update(from: part.hi, count: part.count)
      at += part.count
    }
    return result
  }

  func wordsElement<Word: RingWord>(_ a: SharedWords<Word>, at index: Int) -> SharedWords<Word> {
    precondition(index >= 0 && index < a.count, "no such element")
    let (storage, result) = newWords(Word.self, 1)
    storage.pointer[0] = a.lo[index]
    storage.pointer[1] = a.hi[index]
    return result
  }
}

extension ReplicatedSharing {
  package func constant(_ value: UInt64, count: Int) -> Arith { linearWords([], constant: value, count: count) }
  package func linear(_ terms: [(Arith, UInt64)], constant: UInt64, count: Int) -> Arith {
    linearWords(terms, constant: constant, count: count)
  }
  package func sum(_ a: Arith) -> Arith { sumWords(a) }
  package func runningSum(_ a: Arith) -> Arith { runningSumWords(a) }
  package func scaled(_ a: Arith, by numbers: [UInt64]) -> Arith { scaledWords(a, by: numbers) }
  package func stack(_ parts: [Arith]) -> Arith { stackWords(parts) }
  package func concatenate(_ parts: [Arith]) -> Arith { stackWords(parts) }
  package func element(_ a: Arith, at index: Int) -> Arith { wordsElement(a, at: index) }
  package func slice(words: [Arith], start: Int, count: Int) -> [Arith] {
    words.map { $0.part(start, count: count) }
  }
  package func gather(
    words: [Arith], planes: [Plane], by order: [Int32]
  ) -> (words: [Arith], planes: [Plane]) {
    (gatherWords(words, by: order), gatherPlanes(planes, by: order))
  }

  package func freshMask(count: Int, step: StepID) throws(ParleyError) -> FreshMask<Arith> {
    FreshMask(uniform: try openKeys.uniformWords(count: count, step: step, pool: pool))
  }
}

extension ReplicatedParty {
  /// (F_i, F_{i+1}): each share is known to the two parties that hold it and uniform to the third.
  package func randomPlanes(_ planes: Int, count: Int, step: StepID) throws(ParleyError) -> [SharedPlane] {
    let layout = PlaneLayout(planes: planes, count: count)
    let storage = Storage<UInt64>(uninitialized: 2 * layout.words, pool: pool)
    for (generator, start) in [(openKeys.mine, 0), (openKeys.next, layout.words)] {
      let stream = try generator.stream(step)
      stream.key.keystream(
        stream: stream.stream,
        into: UnsafeMutableRawBufferPointer(start: storage.pointer + start, count: layout.words * 8))
      layout.maskTails(storage.pointer + start, 0..<layout.words)
    }
    return layout.shared(storage)
  }
}

extension SessionKeys {
  /// Those with the parties before and after this one, of three.
  func neighbours() throws(ParleyError) -> (previous: KeySchedule, next: KeySchedule) {
    (try pair(with: local.advanced(by: -1, of: 3)), try pair(with: local.advanced(by: 1, of: 3)))
  }
}
