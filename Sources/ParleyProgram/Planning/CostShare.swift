/// What one operator, or work that belongs to none, contributes to a cost. The shares of a cost add up to it exactly.
///
/// An instruction that works for several operators is shared out by its results. A flight of messages that several
/// share counts as a round of the one that sends most in it, and as one of the verification only where nothing else
/// is sent.
package struct CostShare: Hashable, Sendable {
  /// Payload bytes from one principal to another.
  package struct LinkBytes: Hashable, Sendable {
    /// The principal that sends.
    package var from: Int
    /// The principal that receives.
    package var to: Int
    /// Payload bytes.
    package var bytes: Int
  }

  /// Whose work it is.
  package var owner: CostOwner
  /// Links that carry anything for it: a study of many principals has far more links than an operator uses.
  package var links: [LinkBytes] = []
  /// Flights of messages that count as its own.
  package var rounds = 0
  /// Ring words that each computing party multiplies.
  package var multiplications = 0
  /// Bits that each computing party ANDs.
  package var andBits = 0
  /// Instructions that each computing party executes.
  package var instructionCount = 0
  /// Words that each computing party moves in shuffles and sorts.
  package var movedElements = 0
  /// Elements of passes of shuffles at each computing party.
  package var shuffledElements = 0

  /// Payload bytes over all links.
  package var totalBytes: Int { links.reduce(0) { $0 + $1.bytes } }
  /// Payload bytes over one link.
  package func bytes(from: Int, to: Int) -> Int { links.first { $0.from == from && $0.to == to }?.bytes ?? 0 }
  /// Payload bytes that one principal sends.
  package func bytes(from: Int) -> Int { links.reduce(0) { $0 + ($1.from == from ? $1.bytes : 0) } }
  /// Whether it costs nothing.
  package var isEmpty: Bool {
    totalBytes == 0 && rounds == 0 && multiplications == 0 && andBits == 0 && instructionCount == 0
  }
}

/// Keeps the shares while a cost is computed.
struct CostLedger {
  /// Who pays for what comes next, by weight.
  struct Payers {
    fileprivate var list: [(number: Int, weight: Int)] = []
    fileprivate var weight = 0
    /// Instructions do not change who pays: they are part of a larger one.
    fileprivate(set) var isHeld = false

    /// Numbers of the owners.
    var numbers: [Int] { list.map(\.number) }

    fileprivate init() {}
    fileprivate init(_ number: Int) {
      list = [(number, 1)]
      weight = 1
    }
    fileprivate mutating func add(_ number: Int) {
      weight += 1
      if let index = list.lastIndex(where: { $0.number == number }) {
        list[index].weight += 1
      } else {
        list.append((number, 1))
      }
    }
  }

  private let owners: CostOwners
  private let principals: Int
  /// Their bytes are in ``bytes`` until all is counted.
  private var shares: [CostShare]
  /// By link that is in use, in the order of ``links``, and by owner.
  private var bytes: [[Int]] = []
  /// Sender times principals plus receiver.
  private var links: [Int] = []
  /// Where a link is in ``links``; -1 where nothing was sent over it.
  private var placeOfLink: [Int]
  var payers: Payers
  /// By owner, bytes of the flight under way; and the owners that have any.
  private var flight: [Int]
  private var inFlight: [Int] = []

  init(_ owners: CostOwners, principals: Int) {
    self.owners = owners
    self.principals = principals
    shares = (0..<owners.count).map { CostShare(owner: owners.owner($0)) }
    placeOfLink = Array(repeating: -1, count: principals * principals)
    flight = Array(repeating: 0, count: owners.count)
    payers = Payers(owners.number(.computation))
  }

  /// Shares of the operators in their order, then the others; those without any work are left out.
  var result: [CostShare] {
    let ordered = links.indices.sorted { links[$0] < links[$1] }
    return shares.indices.map { number in
      var share = shares[number]
      share.links = ordered.compactMap { place in
        let (from, to) = links[place].quotientAndRemainder(dividingBy: principals)
        let sent = bytes[place][number]
        return sent == 0 ? nil : .init(from: from, to: to, bytes: sent)
      }
      return share
    }.filter { !$0.isEmpty }
  }

  // MARK: Who pays

  func payers(_ owner: CostOwner) -> Payers { Payers(owners.number(owner)) }

  /// Of bits that the computing parties open before the results: so many on holders' rows, so many of requirements.
  func payers(verdicts: Int, requirements: Int) -> Payers {
    var payers = Payers()
    for _ in 0..<verdicts { payers.add(owners.number(.rangeChecks)) }
    for _ in 0..<requirements { payers.add(owners.number(.requirements)) }
    return payers
  }

  /// Those for whom the instruction's results are.
  func payers(_ instruction: Instruction, isHeld: Bool = false) -> Payers {
    guard !payers.isHeld else { return payers }
    var payers = Payers()
    payers.isHeld = isHeld
    switch instruction.kind {
    case .bitSummands(_, let out):
      for list in out { if let first = list.first { payers.add(owners.number(ofArith: first.index)) } }
    case .openArith(_, let disclosure), .openPlanes(_, let disclosure):
      payers.add(owners.number(ofDisclosure: disclosure))
    default:
      let written = instruction.resultRegisters
      for plane in written.planes { payers.add(owners.number(ofPlane: plane)) }
      for register in written.arith { payers.add(owners.number(ofArith: register)) }
    }
    if payers.list.isEmpty { payers.add(owners.number(.computation)) }
    return payers
  }

  // MARK: What is paid

  /// Splits an amount by weight; the parts add up to it.
  private mutating func split(_ amount: Int, _ pay: (inout Self, _ number: Int, _ part: Int) -> Void) {
    guard payers.list.count > 1 else { return pay(&self, payers.list[0].number, amount) }
    var weight = 0, paid = 0
    for payer in payers.list {
      weight += payer.weight
      let (high, low) = amount.multipliedFullWidth(by: weight)
      let due = payers.weight.dividingFullWidth((high, low)).quotient
      pay(&self, payer.number, due - paid)
      paid = due
    }
  }
  private mutating func place(ofLink link: Int) -> Int {
    if placeOfLink[link] < 0 {
      placeOfLink[link] = links.count
      links.append(link)
      bytes.append(Array(repeating: 0, count: owners.count))
    }
    return placeOfLink[link]
  }
  mutating func send(_ bytes: Int, from: Int, to: Int) {
    let place = place(ofLink: from * principals + to)
    split(bytes) { ledger, number, part in
      ledger.bytes[place][number] += part
      if ledger.flight[number] == 0 && part > 0 { ledger.inFlight.append(number) }
      ledger.flight[number] += part
    }
  }
  mutating func multiply(_ count: Int) { split(count) { $0.shares[$1].multiplications += $2 } }
  mutating func and(_ count: Int) { split(count) { $0.shares[$1].andBits += $2 } }
  mutating func move(_ count: Int) { split(count) { $0.shares[$1].movedElements += $2 } }
  mutating func shuffle(_ count: Int) { split(count) { $0.shares[$1].shuffledElements += $2 } }
  /// One instruction, paid by the first.
  mutating func execute() { shares[payers.list[0].number].instructionCount += 1 }

  /// What some owners have paid so far.
  struct Account {
    fileprivate var numbers: [Int]
    fileprivate var shares: [CostShare]
    /// By owner, of the links that were in use.
    fileprivate var bytes: [[Int]]
  }

  /// - Parameter payers: all that will pay from now on, apart from the verification.
  func account(of payers: Set<Int>) -> Account {
    let numbers = payers.union([owners.number(.verification)]).sorted()
    return Account(
      numbers: numbers, shares: numbers.map { shares[$0] },
      bytes: numbers.map { number in bytes.map { $0[number] } })
  }

  /// Adds so many times what has been paid since then.
  mutating func add(_ count: Int, timesTheWorkSince account: Account) {
    func more(_ now: inout Int, _ then: Int) { now += count * (now - then) }
    for (place, number) in account.numbers.enumerated() {
      let then = account.shares[place]
      more(&shares[number].rounds, then.rounds)
      more(&shares[number].multiplications, then.multiplications)
      more(&shares[number].andBits, then.andBits)
      more(&shares[number].instructionCount, then.instructionCount)
      more(&shares[number].movedElements, then.movedElements)
      more(&shares[number].shuffledElements, then.shuffledElements)
      let before = account.bytes[place]
      for link in bytes.indices { more(&bytes[link][number], link < before.count ? before[link] : 0) }
    }
  }

  /// The flight under way has made the longest chain of messages longer by `rounds`.
  mutating func endFlight(rounds: Int) {
    let verification = owners.number(.verification)
    var payer = verification
    for number in inFlight where number != verification {
      let isMore = flight[number] > flight[payer] || flight[number] == flight[payer] && number < payer
      if payer == verification || isMore { payer = number }
    }
    shares[payer].rounds += rounds
    for number in inFlight { flight[number] = 0 }
    inFlight.removeAll(keepingCapacity: true)
  }
}
