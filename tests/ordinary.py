"""Ordinary phrases with digits, colons, dashes and names of settings, none of which is syntax."""

PHRASES = tuple(
    line.strip()
    for line in """
a clock at 10:30
a clock at 3:05
a digital clock showing 7:00
the train leaves at 9:15
breakfast at 6:45
midnight, 12:00
a stopwatch at 12:30:45
a countdown 00:01
an alarm clock, 5:30
tea at 4:20
a sunset at 18:02
lap time 1:23.45
a 16:9 photo of a beach
a wide photo, 16:9
widescreen 16:9
portrait 9:16
a square picture 1:1
an old television 4:3
cinema 21:9
a film still 2.39:1
a model car, scale 1:43
a map 1:25000
a train set 1:87
odds of 3:1
the score was 2:1
football, 3:2
halftime, 0:0
a tie, 1:1
Psalm 23:4
John 3:16
Genesis 1:1
Romans 8:28
Rev. 21:4
Matthew 5:3
1 Corinthians 13:4
Ezekiel 25:17
Quran 2:255
Blade Runner:2049
Blade Runner: 2049
Cyberpunk:2077
2001: a space odyssey
James Bond:007
Mission 51:50
Alien: Romulus
Star Wars: Episode 4
a sign: no entry
warning: wet floor
a poster that says: sale
colours: red and blue
theme: winter
a cat: black, small
Tokyo: 1985
Paris:1920
year:1984
chapter:12
room:101
bus:42
platform:93
http://localhost:8080
http://localhost:5
https://example.com:443
127.0.0.1:80
192.168.1.1:8080
localhost:3000
a cat :3
a dog :)
a clown :D
a sad robot :(
a kitten :-3
a wink ;)
a:1_000
budget 1_000
version 2.0
a camera, f/1.8
a lens, 50mm
a Canon 5D
an iPhone 15
a Boeing 747
an Airbus A380
a blue BMW X4
a BMW X2
Mega Man X2
Mega Man X4
a Fiat X2
Malcolm X
a Volvo XC90
a 4x4
a muddy 4x4 truck
a Jeep 4x4
a grid of 2x2
a plank, 2x4
a 2x4 plank
a Rubik's cube 3x3
a poster size 4x6
a print 8x10
a canvas 30 x 40
an a4 page
a mustard seed 3
a mustard seed
a sunflower seed 7 meters tall
an avocado seed 2
poppyseed 7
a pumpkin seed 12
a seed 7 days old
pea seed 5
a show of strength
strength 9 coffee
a man of strength 100
tower of strength 3
a shoe size 42
a shoe of size forty
size 8 boots
a dress size 12
king size
life size
a house in gothic style
a house in gothic style please
gangnam style
hair style 4
a dance, free style
old style clock
a bundle of straw
a bundle of 7
a bundle straw
a preset dial
iterations of a spiral
a spiral after 3 iterations
replace the batteries
replace me
a red car -- at night
a red car – at night
a red car — at night
a mother—daughter portrait
a well-known fox
one-size 7
a half-size violin
art-deco
black-and-white
sci-fi
a T-shirt
a three-seed loaf
1990-2000
pages 3–7
9-5 job
-10 degrees
minus 5 degrees
a temperature of -3
+5 sword
a +1 shield
a dog's life
rock 'n' roll
the '90s
'tis the season
the cat's whiskers
a sign saying "open"
a sign saying “open”
a sign saying 'open'
the “big” one
“to be or not to be”
5 o'clock
a 6' man
a 12" record
50% off
100 cats
7 dwarfs
3 little pigs
99 red balloons
24 hours
route 66
area 51
apollo 11
catch 22
district 9
ocean's 11
fahrenheit 451
studio 54
formula 1
windows 95
level 42
blink 182
pi is 3.14159
e = 2.718
a = b
x = 5
1 + 1
2 + 2 = 5
a² + b²
H2O
CO2
R2D2
C3PO
WALL-E
K-9
3D render
8K wallpaper
4k photo
a 1/2 pint
24/7 diner
a 50/50 bet
A/C
AC/DC
#1 dad
a #5 ball
$5 bill
€5:50
£3.20
no. 5
No 10
room no. 237
and so on...
what?!
a cat (sitting)
a clock (10:30)
a cat [black]
a {curly} sign
<3
a heart <3
a cat & a dog
C++ code
user@example.com
@ 5 pm
café de flore
東京 10:30
Москва 1980
12:30 東京
كلب ٣
a:٣
١٠:٣٠
a cat at ３:３０
no cars
no smoking
said --
a line --
a -- b
it’s raining
the dog’s bone
an x2 fox
2x speed
ten x ten
a sx2
x3
""".splitlines()
    if line.strip()
)
