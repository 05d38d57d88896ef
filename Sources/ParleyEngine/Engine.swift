package import ParleyBase
package import ParleyNetwork
package import ParleyProgram

/// One party's side of a sharing protocol: what an engine must do to execute a ``LoweredProgram``.
///
/// The vector is the primitive. Local operations return at once. An operation with messages goes through flights, as
/// many as the descriptor says: `start` computes this party's messages of the first flight and queues them, each
/// `resume` receives the messages of one flight and queues those of the next, and `finish` receives the last and
/// returns the result. All operations of one round share their flights. Comparison, division, sort and everything above
/// are programs over these operations, written once in the lowering.
///
/// **Who knows what.** Values are shared, and only openings tell a party anything of them. Constants, factors, orders,
/// indices, counts and steps are the program's and public. **Bytes** of all messages are those of ``descriptor``, and
/// depend on no value.
///
/// `count` is always the number of elements of the result (or, for reductions, of the operands).
package protocol Engine: AnyObject {
  /// A vector of shares of ring words; ``NoWords`` where there are none.
  associatedtype Arith
  /// A vector of shares of bits.
  associatedtype Plane
  /// Bit columns of rows, in a form that many gathers are quick from.
  associatedtype BitRows = [Plane]

  /// What planner and runtime know of the protocol: parties, traffic, who holds which share.
  var descriptor: EngineDescriptor { get }

  // MARK: Local

  /// A public number in every element.
  func constant(_ value: UInt64, count: Int) -> Arith
  /// A public bit in every element.
  func constantPlane(_ value: Bool, count: Int) -> Plane
  /// Public bits, packed 64 elements to a word; bits past the end are zero.
  func constantPlanes(_ bits: [[UInt64]], count: Int) -> [Plane]
  /// Uniform bits that no party knows, from the keys alone.
  func randomPlanes(_ planes: Int, count: Int, step: StepID) throws(ParleyError) -> [Plane]
  /// Σ factor·term + constant; a term of one element is repeated to `count`.
  func linear(_ terms: [(Arith, UInt64)], constant: UInt64, count: Int) -> Arith
  /// Sum of all elements, as a vector of one.
  func sum(_ a: Arith) -> Arith
  /// Vectors one after the other.
  func stack(_ parts: [Arith]) -> Arith
  /// One element, from 0, as a vector of one.
  func element(_ a: Arith, at index: Int) -> Arith
  /// Σ of elements 0 … i mod 2^64, for every i.
  func runningSum(_ a: Arith) -> Arith
  /// Element i times public number i mod 2^64, for as many numbers as elements. There is a default.
  func scaled(_ a: Arith, by numbers: [UInt64]) -> Arith
  /// Elementwise; an operand of one element is repeated to `count`.
  func xor(_ a: Plane, _ b: Plane, count: Int) -> Plane
  /// Every bit flipped.
  func not(_ a: Plane) -> Plane
  /// Planes one after the other, as one plane.
  func stack(planes: [Plane]) -> Plane
  /// One element, from 0, as a plane of one.
  func element(_ a: Plane, at index: Int) -> Plane
  /// A plane of one element, `count` times.
  func `repeat`(_ a: Plane, count: Int) -> Plane
  /// Elements `start ..< start + count`.
  func slice(_ a: Plane, start: Int, count: Int) -> Plane
  /// Columns of rows that all computing parties know: result[j] = source[order[j]], for words and planes of one length.
  /// Elements may be repeated and left out, and the result may have any length.
  func gather(
    words: [Arith], planes: [Plane], by order: [Int32]
  ) -> (words: [Arith], planes: [Plane])
  /// Planes of one length, turned so that the bits of a row lie together.
  func bitRows(_ planes: [Plane]) -> BitRows
  /// As ``gather(words:planes:by:)`` of the planes that the rows were made of.
  func gather(_ rows: BitRows, by order: [Int32]) -> [Plane]

  // The same for many planes at once: an engine may keep the results in one buffer. There are defaults that
  // call the operations above one by one.

  /// Elementwise, one result for each pair; an operand of one element is repeated to `count`.
  func xor(pairs: [(Plane, Plane)], count: Int) -> [Plane]
  /// Every bit of each plane flipped.
  func not(planes: [Plane]) -> [Plane]
  /// For each list of planes, one plane: their elements one after the other.
  func stack(lists: [[Plane]]) -> [Plane]
  /// The element at this index of each plane.
  func elements(planes: [Plane], at index: Int) -> [Plane]
  /// Each plane of one element, `count` times.
  func `repeat`(planes: [Plane], count: Int) -> [Plane]
  /// Of each plane the elements `start ..< start + count`.
  func slice(planes: [Plane], start: Int, count: Int) -> [Plane]
  /// Of each vector the elements `start ..< start + count`.
  func slice(words: [Arith], start: Int, count: Int) -> [Arith]
  /// Of n planes of `count` elements, 1 ≤ n ≤ 64, one: element i of plane j becomes element i · n + j.
  func interleave(planes: [Plane], count: Int) -> Plane

  // MARK: Checkpoints

  /// How its shares are put into bytes and back; nil where they cannot be, and the engine's programs have no barriers. Between the
  /// verification of everything so far and the next instruction, an engine that has one holds nothing of a run but the shares and keys.
  var shareCodec: (any ShareCodec<Arith, Plane>)? { get }

  // MARK: Preparation

  /// Obtains all the correlated randomness that a run takes, before its first input.
  ///
  /// Called for every flight of ``EngineDescriptor/offline`` in turn, from 0, and once more after the last: a call
  /// receives what the flight before has brought, and queues this party's messages of `flight`, at steps of
  /// ``StepID/preparation(_:sub:)``; the last call queues nothing. Exchanges take from what was prepared. Where it does
  /// not suffice they throw `internal/correlations`; they never make any themselves.
  ///
  /// - Throws: `internal/correlations` where something is left of what was prepared before.
  func prepare(_ demand: CorrelationDemand, flight: Int) throws(ParleyError)
  /// What an exchange takes. ``EngineDescriptor/correlations`` says the same in closed form.
  func correlations(of exchange: Exchange<Arith, Plane>) -> [(kind: CorrelationKind, count: Int)]
  /// How much of what was prepared has not been used, all kinds together.
  var unusedCorrelations: Int { get }

  // MARK: One round

  /// State between the flights.
  associatedtype Pending
  /// Computes this party's messages of the first flight and queues them.
  func start(_ exchange: Exchange<Arith, Plane>, step: StepID) throws(ParleyError) -> Pending
  /// Receives what the flight before has brought, and queues this party's messages of flight number `flight`, from 1: for
  /// operations whose traffic has several flights.
  func resume(_ pending: inout Pending, flight: Int) throws(ParleyError)
  /// Receives the last flight.
  func finish(_ pending: consuming Pending) throws(ParleyError) -> ExchangeResult<Arith, Plane>

  // MARK: Inputs

  /// Receives this party's shares of `count` values that `holder` deals at `step` (see ``InputDealer``).
  func receiveArith(from holder: PartyIndex, count: Int, step: StepID) throws(ParleyError) -> Arith
  /// The planes of one input column, `planes` of them.
  func receivePlanes(
    from holder: PartyIndex, planes: Int, count: Int, step: StepID
  ) throws(ParleyError) -> [Plane]
  /// Holders' parts one after the other.
  func concatenate(_ parts: [Arith]) -> Arith
  /// Holders' parts of one plane, one after the other.
  func concatenate(planes parts: [Plane]) -> Plane

  // MARK: Parties that may vanish

  /// Who is there, of an engine whose descriptor tolerates departures: called once, before anything else. From then on the engine
  /// takes who is there from this roster alone, and settles it where a message does not come because somebody has left. Whoever
  /// runs the engine concludes it, once everything but the results has been done.
  func follow(_ roster: RosterAgreement)

  // MARK: Verification and opening

  /// Once all inputs have arrived, the computing parties compare the copies that they have of the same shares, in one
  /// flight. This half sends; there is nothing to send where parties are trusted.
  func startInputComparison() throws(ParleyError)
  /// The half that receives.
  ///
  /// - Throws: `aborted/check-failed` where copies differ.
  func finishInputComparison() throws(ParleyError)
  /// Checks travel with the computation. This half queues those that are due in a flight, after everything else of it
  /// was queued.
  func sendChecks() throws(ParleyError)
  /// The half that receives the checks of a flight, after everything else of it was received.
  func receiveChecks() throws(ParleyError)
  /// A hash of every value that was public among the computing parties so far, for them to compare.
  var publicDigest: [UInt8] { get }
  /// Whether a challenge of a check has been given. From then on any failure, also of a link, may be made by a party
  /// that knows that its check will fail. So the session is final, and counts (docs/protocols/session.md#ends).
  var hasChallenged: Bool { get }
  /// A pass of a loop begins. What is used under these numbers of instructions belongs to the pass, and nothing is used
  /// under them again once it is over: ledgers can forget it, and do not grow with the number of passes.
  func begin(pass numbers: Range<Int>)
  /// The pass that began last is over.
  func endPass()
  /// After an abort: destroys all keys and unused randomness; every later use of them fails.
  func destroy()

  /// Checks everything up to and including `step`; semi-honest engines answer at once.
  func verify(through step: StepID) throws(ParleyError) -> VerificationToken
  /// Commitments to this party's shares of everything that it is going to open, for its signed statement: after
  /// verification, and before the program opens anything. Both holders of a share commit to it alike. Nil where parties
  /// are trusted.
  func commit(to openings: [PlannedOpening<Arith, Plane>]) throws(ParleyError) -> [StatedShare]?
  /// The same for some of these openings at the moment they begin, from what is about to be sent.
  func restate(_ openings: [PlannedOpening<Arith, Plane>]) throws(ParleyError) -> [StatedShare]
  /// What both holders of every share have signed: openings are compared with it from now on.
  func adopt(_ agreed: AgreedShares)
  /// Class N: the value itself goes to `recipients` (computing or not). The sending half; every computing
  /// party calls it.
  func startOpening(
    _ value: Opened<Arith, Plane>, to recipients: [PartyIndex], step: StepID,
    token: borrowing VerificationToken
  ) throws(ParleyError)
  /// The receiving half at a computing party that is a recipient.
  func finishOpening(_ value: Opened<Arith, Plane>, step: StepID) throws(ParleyError) -> ClearValues
  /// Class U: opens `value + mask` (arithmetic, mod 2^64) to all computing parties before verification. The
  /// mask is consumed: it must be uniform, used here only, and independent of every secret.
  func openMasked(
    _ value: Arith, mask: consuming FreshMask<Arith>, step: StepID
  ) throws(ParleyError) -> [UInt64]
  /// A shared vector of uniform ring words, from the keys alone.
  func freshMask(count: Int, step: StepID) throws(ParleyError) -> FreshMask<Arith>
}

/// What a round can do.
package enum Exchange<Arith, Plane> {
  /// Elementwise products, each of `count` elements; an operand of one element is repeated. One item for each product.
  case multiply([(Arith, Arith)], count: Int)
  /// For each list: Σ of the elementwise products of its pairs, of `count` elements; an operand of one element is repeated.
  case productSums([[(Arith, Arith)]], count: Int)
  /// For each list the sum of the products of its pairs, over all their elements.
  case innerProducts([[(Arith, Arith)]])
  /// The product of two matrices, row by row: `rows` × `inner` and `inner` × `columns`.
  case matrixProduct(Arith, Arith, rows: Int, inner: Int, columns: Int)
  /// LᵀR of two matrices given by their columns, all of one length: one vector, row-major, element (i, j) of which is the inner product of
  /// left column i and right column j. Its messages are those of the matrix product of so many rows, the length, and so many columns.
  case columnProduct([Arith], [Arith])
  /// Elementwise; an operand of one element is repeated.
  case and([(Plane, Plane)], count: Int)
  /// See ``Instruction/Kind/summands``.
  case summands(Arith, width: Int)
  /// See ``Instruction/Kind/shiftedSummands(_:bits:out:)``.
  case shiftedSummands(Arith, bits: Int)
  /// See ``Instruction/Kind/bitSummands``.
  case bitSummands([Plane])
  /// One pass (0, 1 or 2) of a shuffle of `count` rows by a permutation that two computing parties know. All columns move
  /// together: words, and bit planes. Three passes with the same instruction give a permutation that nobody knows; they
  /// may have the same step. Only engines whose descriptor says so shuffle.
  case shufflePass(Int, words: [Arith], planes: [Plane], count: Int)
}

extension Exchange {
  /// Which traffic of the descriptor it has.
  package var kind: ExchangeKind {
    switch self {
    case .multiply: .multiply
    case .innerProducts, .productSums: .innerProducts
    case .matrixProduct, .columnProduct: .matrixProduct
    case .and: .and
    case .summands: .summands
    case .shiftedSummands: .shiftedSummands
    case .bitSummands: .bitSummands
    case .shufflePass(let pass, _, _, _): .shufflePass(pass)
    }
  }
}

/// What an exchange gives, in the order of its operands.
package enum ExchangeResult<Arith, Plane> {
  /// Vectors of ring words.
  case arith([Arith])
  /// Planes.
  case planes([Plane])
  /// Bits of the summands: by summand, then by bit.
  case summandPlanes([[Plane]])
  /// Summands of the bits: by plane, then by summand.
  case summandArith([[Arith]])
  /// Columns after the pass, in the order in which they went in.
  case shuffled(words: [Arith], planes: [Plane])
}

/// A value on its way out.
package enum Opened<Arith, Plane> {
  /// Ring words, `count` of them.
  case arith(Arith, count: Int)
  /// Least significant plane first.
  case planes([Plane], count: Int)
}

/// An opened value in the clear.
package enum ClearValues: Sendable, Hashable {
  /// Ring words.
  case words([UInt64])
  /// By plane, each packed 64 elements to a word, element 0 in bit 0 of word 0; bits past the end are zero.
  case planes([[UInt64]], count: Int)
}

/// Proof that everything an opening depends on has been verified. Only an engine's `verify` makes one, and
/// it cannot be copied, stored or sent.
package struct VerificationToken: ~Copyable {
  /// The last step that was checked.
  package let through: StepID
  /// For engines only: calling this anywhere else defeats the check.
  package init(verifiedThrough step: StepID) { through = step }

  /// Every engine asks before it sends anything of an opening.
  /// - Throws: `invariant` where `step` comes after what has been verified.
  package borrowing func checkCovers(_ step: StepID) throws(ParleyError) {
    guard step.rawValue <= through.rawValue else {
      throw ParleyError(
        .invariant, "an opening comes after the step that has been verified", at: .init(item: step.description))
    }
  }
}

/// A uniform shared mask that one class-U opening consumes.
package struct FreshMask<Arith>: ~Copyable {
  /// The shares of the mask.
  package let value: Arith
  /// Only engines make one.
  package init(uniform value: Arith) { self.value = value }
}

/// A holder's side of the input protocol of one engine: turns plain values into messages for the computing
/// parties. A holder needs no engine.
///
/// The holder knows the values. A computing party learns how many there are, and as many of the parties as may pool
/// what they see (``EngineDescriptor/privacyThreshold``) learn nothing else. Bytes: ``EngineDescriptor/inputArith`` and
/// ``EngineDescriptor/inputPlanes``.
package protocol InputDealer: AnyObject {
  /// Deals ring words at `step` and sends them: one column, or one holder's part of it.
  func dealArith(_ values: [UInt64], step: StepID) throws(ParleyError)
  /// Deals bit planes of `count` elements (packed as in ``ClearValues/planes(_:count:)``) at `step` and sends them.
  func dealPlanes(_ planes: [[UInt64]], count: Int, step: StepID) throws(ParleyError)
}

/// The receiving side of a recipient that does not compute. It learns the values that are opened to it, and nothing of
/// how they came about. Bytes: ``EngineDescriptor/openToRecipient`` and ``EngineDescriptor/openPlanesToRecipient``.
/// Where parties are not trusted, what does not fit together is `aborted/check-failed`.
package protocol OutputReceiver: AnyObject {
  /// What both holders of every share have signed; called before anything is received, where parties are not trusted.
  func adopt(_ agreed: AgreedShares)
  /// `count` ring words that are opened at `step`, from all computing parties.
  func receiveArith(count: Int, step: StepID) throws(ParleyError) -> [UInt64]
  /// Planes that are opened at `step`, the lowest bit first, packed 64 elements to a word; bits past the end are zero.
  func receivePlanes(planes: Int, count: Int, step: StepID) throws(ParleyError) -> [[UInt64]]
}
