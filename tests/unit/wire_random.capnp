# wire_random.capnp - a schema with every kind of field, for the tests that
# hold the project's wire code against the real capnp.
@0xc3b6e18e2f0a9d77;

const answer :UInt32 = 42;
const offset :Int16 = -3;
const greeting :Text = "hello \"wire\"";
const ratio :Float64 = 0.25;
const yes :Bool = true;

enum Colour {
  # Comment of an enum with a comment end in it: */
  red @0;
  green @1;
  darkBlue @2;
}

struct Everything {
  # All kinds of fields.
  flag @0 :Bool;
  # A bit.
  int8 @1 :Int8;
  int16 @2 :Int16;
  int32 @3 :Int32;
  int64 @4 :Int64;
  uint8 @5 :UInt8;
  uint16 @6 :UInt16;
  uint32 @7 :UInt32;
  uint64 @8 :UInt64;
  float32 @9 :Float32;
  float64 @10 :Float64;
  text @11 :Text;
  data @12 :Data;
  colour @13 :Colour;
  child @14 :Everything;
  voids @15 :List(Void);
  flags @16 :List(Bool);
  int8s @17 :List(Int8);
  int16s @18 :List(Int16);
  int32s @19 :List(Int32);
  int64s @20 :List(Int64);
  uint8s @21 :List(UInt8);
  uint16s @22 :List(UInt16);
  uint32s @23 :List(UInt32);
  uint64s @24 :List(UInt64);
  float32s @25 :List(Float32);
  float64s @26 :List(Float64);
  texts @27 :List(Text);
  datas @28 :List(Data);
  colours @29 :List(Colour);
  children @30 :List(Everything);
  matrix @31 :List(List(Int32));
  cube @32 :List(List(List(Bool)));
  rows @33 :List(List(Defaults));
  defaults @34 :Defaults;
  choice @35 :Choice;
  choices @36 :List(Choice);
  empties @37 :List(Empty);
}

struct Empty {
}

struct Defaults {
  # Every data field has a default.
  flag @0 :Bool = true;
  int8 @1 :Int8 = -7;
  int16 @2 :Int16 = -700;
  int32 @3 :Int32 = -70000;
  int64 @4 :Int64 = -7000000000;
  uint8 @5 :UInt8 = 7;
  uint16 @6 :UInt16 = 700;
  uint32 @7 :UInt32 = 70000;
  uint64 @8 :UInt64 = 7000000000;
  float32 @9 :Float32 = 1.5;
  float64 @10 :Float64 = -2.25;
  text @11 :Text = "a \"default\"\n";
  data @12 :Data = 0x"00 01 fe";
  colour @13 :Colour = darkBlue;
}

struct Choice {
  # Unions and groups.
  before @0 :UInt16;
  union {
    nothing @1 :Void;
    number @2 :Int64;
    words @3 :Text;
    pair :group {
      left @4 :UInt32;
      right @5 :Text;
    }
    many @6 :List(UInt16);
    other @7 :Choice;
    bit @8 :Bool;
  }
  place :group {
    x @9 :Int32;
    y @10 :Int32;
    unit :union {
      metre @11 :Void;
      foot @12 :UInt8;
    }
  }
}

struct Narrow {
  # An older Everything: fewer fields.
  flag @0 :Bool;
  int8 @1 :Int8;
}

struct Upgraded {
  # A list of structs that once was a list of numbers, and the other way round.
  numbers @0 :List(Item);
  names @1 :List(Item);
  struct Item {
    number @0 :UInt32;
    name @1 :Text;
  }
}

struct Original {
  numbers @0 :List(UInt32);
  names @1 :List(Text);
}

struct Outcome {
  union {
    none @0 :Void;
    number @1 :UInt32;
  }
}

interface Caps {
  # Shapes of methods that capos.capnp does not have.
  wide @0 (a :UInt64, b :UInt64, c :UInt64, d :UInt64, e :UInt32, long :Bool)
      -> (sum :UInt64);
  # More than four words: params in memory, without an open size.
  choose @1 (choice :Choice) -> Outcome;
  # A union in inline results.
  pick @2 Outcome -> (text :Text);
  # A union in inline params.
  report @3 (count :UInt32) -> (a :UInt64, b :UInt64, c :UInt64, d :UInt64,
                                self :Caps, other :Caps);
  # Fixed results in memory, with capabilities.
  turn @4 Narrow -> Narrow;
  # Types that are declared elsewhere.
  nothing @5 ();
  # Nothing at all.
}
